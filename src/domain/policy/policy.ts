import type { Desired, Phase } from '../instance/instance.ts';

/** What the policies look at of each instance. Times in milliseconds since 1970. */
export interface PolicySubject {
  readonly id: string;
  readonly desired: Desired;
  readonly phase: Phase;
  readonly createdAt: number;
  /** Without use for so long: asleep, removed; null: never. */
  readonly sleepAfterMs: number | null;
  readonly removeAfterMs: number | null;
  /** Removed then, used or not; null: never. */
  readonly expiresAt: number | null;
  /** Whether its owner waits for it to get its data from a backup: it has never run, so nobody could use it. */
  readonly restoring: boolean;
  /** When its owner was warned that it will be removed; null: not (any more). */
  readonly warnedAt: number | null;
  /** What the warning said: `unused` or `expired`. */
  readonly warnedFor: string | null;
  /** Of a person, in the API. */
  readonly lastActionAt: number;
  /** By the gateway; null: never. */
  readonly lastUsedAt: number | null;
  /** Connections that are open, and of these those that are logged in: a stranger can have the others open for ever. */
  readonly open: number;
  readonly sessions: number;
}

export type PolicyDecision =
  | { readonly do: 'sleep'; readonly idleMs: number }
  /** `removeAt`: when it will be removed if nothing happens. */
  | { readonly do: 'warn'; readonly removeAt: number; readonly because: 'unused' | 'expired' }
  | { readonly do: 'unwarn' }
  | { readonly do: 'remove'; readonly because: 'unused' | 'expired' };

/** A warning comes so long before a removal. */
export const WARNING_MS = 3_600_000;

/**
 * What is due, if anything. Pure. Nothing is removed that was not warned about for the whole time before, in which somebody could have used it: a
 * virtual machine that was frozen for a week, or a server that was down, finds databases that nobody could use. One that still waits for its data from a
 * backup stays, also when that fails for long: its owner asked for it, and is told of the failure.
 * @param upSince since when the platform has been there without a gap; earlier warnings count from then on
 */
export function decide(subject: PolicySubject, now: number, upSince = 0): PolicyDecision | null {
  const { desired, phase, sleepAfterMs, warnedAt, open } = subject;
  if (desired === 'deleted') return null;
  const { removeAt, because, lead } = removalOf(subject, now);
  if (now < removeAt - lead) {
    if (warnedAt !== null) return { do: 'unwarn' };
  } else if (warnedAt === null || subject.warnedFor !== because) {
    return { do: 'warn', removeAt: Math.max(removeAt, now + lead), because };
  } else if (now >= removeAt && now - Math.max(warnedAt, upSince) >= lead) {
    return { do: 'remove', because };
  }
  const idleMs = now - lastUseOf(subject, now);
  const sleepy = desired === 'running' && phase === 'running' && open === 0 && sleepAfterMs !== null && idleMs >= sleepAfterMs;
  return sleepy ? { do: 'sleep', idleMs } : null;
}

/** When it is due to go if nobody uses it from now on (Infinity: never), why, and how long before that the warning comes. */
export function removalOf(subject: PolicySubject, now: number): { removeAt: number; because: 'unused' | 'expired'; lead: number } {
  const { removeAfterMs, expiresAt, createdAt, restoring } = subject;
  const unusedAt = removeAfterMs === null || restoring ? Infinity : lastUseOf(subject, now) + removeAfterMs;
  const removeAt = Math.min(unusedAt, restoring ? Infinity : expiresAt ?? Infinity);
  const because = unusedAt <= removeAt ? 'unused' : 'expired';
  // Of a short life the warning takes no more than the second half.
  return { removeAt, because, lead: Math.min(WARNING_MS, (because === 'unused' ? (removeAfterMs ?? 0) : removeAt - createdAt) / 2) };
}

/** Gateway traffic, actions of a person, open sessions. */
export function lastUseOf({ createdAt, lastActionAt, lastUsedAt, sessions }: PolicySubject, now: number): number {
  return sessions > 0 ? now : Math.max(createdAt, lastActionAt, lastUsedAt ?? 0);
}
