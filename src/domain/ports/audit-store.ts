import type { AuditEntry, AuditOutcome, NewAuditEntry } from '../audit/entry.ts';
import type { Page } from './page.ts';

export interface AuditFilter {
  /** User id: done by them, or to what is theirs. */
  readonly concerns?: string;
  /** User id: done by them. */
  readonly actorId?: string;
  /** This and `subject` together with `concerns`: only of what is theirs or nobody's, or was done by them: of the rest they are not told what it was. */
  readonly instanceId?: string;
  readonly action?: string;
  /** As it is written down, whole. */
  readonly subject?: string;
  readonly outcome?: AuditOutcome;
  /** Milliseconds since 1970; `to` itself is left out. */
  readonly from?: number;
  readonly to?: number;
}

/** How it ended; what it was done to and what was asked for, if that was not known before. */
export type AuditEnd = Pick<NewAuditEntry, 'outcome' | 'code'> & Partial<Pick<NewAuditEntry, 'subject' | 'instanceId' | 'ownerId' | 'detail'>>;

/** Only ever added to: a row is written once, and completed once if it was begun. */
export interface AuditRepository {
  append(entry: NewAuditEntry): Promise<void>;
  /**
   * Written before the thing is done: where this fails, it must not be done. A power cut that takes the row takes what was written after it as
   * well; `durable`: it does not take the row, for what leaves no trace in the store (reading a secret). @returns id for `finish`
   */
  begin(entry: Omit<NewAuditEntry, 'outcome' | 'code'>, options?: { durable?: boolean }): Promise<number>;
  /** false, and nothing is written, when the row has an outcome already. */
  finish(id: number, end: AuditEnd): Promise<boolean>;
  /** Newest first. @throws invalid_request for a cursor that is not ours */
  list(filter: AuditFilter, options: { limit: number; cursor?: string }): Promise<Page<AuditEntry>>;
  /** Removes what is older than `before`. @returns how many */
  prune(before: number): Promise<number>;
  /** Removes the oldest rows of actors that we do not know, so that `keep` are left: strangers can write them. @returns how many */
  pruneUnknown(keep: number): Promise<number>;
}
