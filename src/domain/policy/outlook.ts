import { lastUseOf, removalOf } from './policy.ts';
import type { PolicySubject } from './policy.ts';

/** What becomes of an instance that nobody uses from now on. Times in milliseconds since 1970. */
export interface Outlook {
  /** Connections that are open. */
  readonly open: number;
  /** Through the gateway; null: never. */
  readonly lastUsedAt: number | null;
  /** null: it does not fall asleep, or not as long as it is used as it is now. */
  readonly sleepsAt: number | null;
  /** Not before it; null: it is not removed by a policy. */
  readonly removedAt: number | null;
  readonly removedBecause: 'unused' | 'expired' | null;
}

/** As the policies will decide, if nothing happens. Pure. */
export function outlookOf(subject: PolicySubject, now: number): Outlook {
  const { desired, phase, sleepAfterMs, open, lastUsedAt, warnedAt, warnedFor } = subject;
  const { removeAt, because, lead } = removalOf(subject, now);
  const isToGo = desired !== 'deleted' && Number.isFinite(removeAt);
  // Nobody's database goes without a warning that stood for its whole time.
  const warned = warnedAt !== null && warnedFor === because ? warnedAt : Math.max(now, removeAt - lead);
  return {
    open,
    lastUsedAt,
    sleepsAt: desired === 'running' && phase === 'running' && open === 0 && sleepAfterMs !== null ? Math.max(now, lastUseOf(subject, now) + sleepAfterMs) : null,
    removedAt: isToGo ? Math.max(removeAt, warned + lead) : null,
    removedBecause: isToGo ? because : null,
  };
}
