/** One line of an instance's history. Append-only; `id` rises. */
export interface InstanceEvent {
  readonly id: number;
  /** Empty: an event of no instance (`webhook.disabled`). */
  readonly instanceId: string;
  /** Empty: of nobody, only for admins. */
  readonly ownerId: string;
  /** `instance.created`, `instance.running`, `instance.failed`, `instance.deleted`, ... */
  readonly type: string;
  /** In words for the owner. Never a secret. */
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export type NewEvent = Omit<InstanceEvent, 'id' | 'at'>;

/** How far long work has come; data: Progress. Kept for an hour only, and not part of the history. */
export const PROGRESS_EVENT = 'instance.progress';

/**
 * Its health is another than before, and nothing else tells so. Of each instance only the newest {@link HEALTH_KEPT} are kept: one that flaps for months
 * writes no more than one that does not.
 */
export const HEALTH_EVENT = 'instance.health';
export const HEALTH_KEPT = 20;
