/** Where somebody wants to be told of events over HTTP. */
export interface Webhook {
  readonly id: string;
  /** Whose instances' events; null: a global one, of all. */
  readonly ownerId: string | null;
  /** Of a global one: the admin who made it, or who switched it on or changed where it leads since; null: not known. It goes off when they are no admin any more. */
  readonly adminId: string | null;
  /** Its path and query may hold secrets of the receiver: never logged. */
  readonly url: string;
  /** Patterns, see ./event-types.ts. */
  readonly types: readonly string[];
  readonly enabled: boolean;
  /** Why it was switched off by itself; null while it is on, and when a person switched it off. */
  readonly disabledReason: DisabledReason | null;
  /** Since when nothing has reached it, milliseconds since 1970; null: the last delivery did. */
  readonly failingSince: number | null;
  /** Events up to this one were before it was made or switched on, and are not sent. */
  readonly afterEvent: number;
  readonly secrets: WebhookSecrets;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** `gone`: the receiver answered 410. `failing`: nothing reached it for days. `demoted`: who answers for a global one is no admin any more, or is disabled. */
export type DisabledReason = 'gone' | 'failing' | 'demoted';

/** Sealed (context: {@link webhookContext}). */
export interface WebhookSecrets {
  readonly current: string;
  /** The one before the last change: signed with as well until `until`, so that a receiver can change over without a gap. */
  readonly previous: { readonly secret: string; readonly until: number } | null;
}

/** For the SecretBox. */
export const webhookContext = (webhookId: string): string => `webhook:${webhookId}:secret`;

/** `pending`: to be sent, or sent again. `gave_up`: not tried any more by itself. */
export type DeliveryState = 'pending' | 'delivered' | 'gave_up';

/** One event for one webhook, and how sending it went. */
export interface Delivery {
  /** Stable over all tries: what the receiver sees as `webhook-id`. */
  readonly id: string;
  readonly webhookId: string;
  /** null: a test, which is no event of an instance. */
  readonly eventId: number | null;
  readonly type: string;
  /** What is sent, the same bytes at every try. */
  readonly body: string;
  readonly state: DeliveryState;
  /** Whether those behind it wait for it. */
  readonly held: boolean;
  readonly attempts: number;
  readonly firstTriedAt: number | null;
  readonly lastTriedAt: number | null;
  readonly nextTryAt: number | null;
  /** HTTP status of the last answer; null: there was none. */
  readonly lastStatus: number | null;
  /** In words for the owner of the webhook; null: none, or the last try went well. */
  readonly lastError: string | null;
  readonly createdAt: number;
}

/** Type of what `POST /api/webhooks/{id}/test` sends. */
export const TEST_TYPE = 'webhook.test';
/** Type of the event that tells that a webhook was switched off by itself. */
export const DISABLED_TYPE = 'webhook.disabled';

/** Of one user, and of all admins together (global ones). */
export const MAX_WEBHOOKS = 20;
