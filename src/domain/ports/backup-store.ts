import type { BackedUp, BackedUpLogin, Backup, BackupFile, BackupFormat } from '../backup/backup.ts';
import type { BackupUsage } from '../backup/usage.ts';
import type { BackupPlace } from './backups.ts';
import type { Lease } from './lease.ts';
import type { Page } from './page.ts';

/** What is kept of instances that are gone; as all of the store. */
export interface BackupRepository {
  /** Recorded before its first byte is written: state `making`. */
  begin(backup: { id: string; instanceId: string; ownerId: string; of: BackedUp; format: BackupFormat }): Promise<Backup>;
  get(id: string): Promise<Backup | null>;
  /** In any state, oldest first. */
  ofInstance(instanceId: string): Promise<Backup[]>;
  /** Verified ones, newest first. */
  list(filter: { ownerId?: string }, options: { limit: number; cursor?: string }): Promise<Page<Backup>>;
  /** The making took another way. false when the lease is lost, or it is not being made any more. */
  setFormat(lease: Lease, id: string, format: BackupFormat): Promise<boolean>;
  /**
   * The next try, under a number that rises: those before it can claim and finish nothing any more. What they claimed counts until this one claims, as their
   * files may still be there. null when the lease is lost, or it is not being made any more.
   */
  beginAttempt(lease: Lease, id: string): Promise<number | null>;
  /**
   * Claims room in the owner's quota for what a try writes, before it is written: `need` bytes in all, and up to `wish` if there is room; 0 gives all of
   * it back, also where there is more than the quota. @returns how much it may write; null when another try has been begun. @throws quota_exceeded. A power cut may undo it
   */
  claim(place: BackupPlace, bytes: { need: number; wish: number }): Promise<number | null>;
  /** What an owner's backups take, in whatever state; `except`: the id of one that does not count. @throws not_found */
  usage(ownerId: string, except?: string): Promise<BackupUsage>;
  /** Of everybody. */
  totals(): Promise<{ count: number; bytes: number }>;
  /** `making` becomes `verified`, with the login that its data have; false when the lease is lost, another try has been begun, or it is not being made any more. */
  finish(lease: Lease, place: BackupPlace, result: { files: readonly BackupFile[]; details: Backup['details']; note: string | null; expiresAt: number; login: BackedUpLogin }): Promise<boolean>;
  /** Moves the end of a verified one to `time`, if it is earlier. false when there is no such backup (any more). */
  keepUntil(id: string, time: number): Promise<boolean>;
  /** `verified` (only if expired by `expiredAt`, where given) or `making` becomes `removing`; true also when it was so already. */
  markRemoving(id: string, options?: { expiredAt?: number }): Promise<boolean>;
  /** The row goes; only after markRemoving and after its files are gone. */
  delete(id: string): Promise<void>;
  /** Those to be removed: expired by `now` (unless the instance is still being removed, or a new one waits for its data), or `removing`, or `making` for an instance that is gone. */
  removable(now: number): Promise<Backup[]>;
}
