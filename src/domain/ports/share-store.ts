import type { InstanceAccess, Share, ShareAccess } from '../instance/share.ts';
import type { Instance } from '../instance/instance.ts';

/** With whom instances are shared. Shares go with their instance and with their user. */
export interface ShareRepository {
  /**
   * Shares it, or changes as what; with an `instance.shared` event, unless it already was so.
   * @param by username, for the event
   * @throws not_found (no such instance or user), invalid_request (its owner's own), conflict (it is being deleted), quota_exceeded (`limit` have it already)
   */
  put(instanceId: string, userId: string, access: ShareAccess, options: { by: string; limit: number }): Promise<Share>;
  /** With an `instance.unshared` event. @param by username, for the event. @returns false: it was not shared with them */
  remove(instanceId: string, userId: string, options: { by: string }): Promise<boolean>;
  /** Of one instance, oldest first. */
  list(instanceId: string): Promise<Share[]>;
  get(instanceId: string, userId: string): Promise<ShareAccess | null>;
  /** Of some hundred instances at most: instance id -> user id -> as what. Those that nobody shares are not in it. */
  of(instanceIds: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<string, ShareAccess>>>;
}

/** An instance and what the person who asked may do with it. */
export interface VisibleInstance {
  readonly instance: Instance;
  readonly access: Exclude<InstanceAccess, 'admin'>;
}
