import { parseAddressRange } from '../domain/address-range.ts';
import { DURATION_FORMAT, formatDuration, parseDuration } from '../domain/duration.ts';
import { DbmakerError } from '../domain/errors.ts';
import type { Access } from '../domain/instance/instance.ts';
import { instanceNameProblem } from '../domain/names.ts';
import { resourceProblems } from '../domain/resources.ts';
import type { PolicyBounds } from '../domain/template/template.ts';

/** What creation and change have in common. */
interface AskedFor {
  readonly name?: string;
  readonly resources?: { readonly memory?: string | number; readonly cpus?: number };
  readonly sleepAfter?: string;
  readonly removeAfter?: string;
  readonly ttl?: string;
  readonly keep?: true;
  readonly tlsOnly?: boolean;
  readonly allowedSources?: readonly string[];
}

/** Shorter ones are slips: nobody wants a database that is gone before they have used it. */
const MIN_SLEEP_MS = 60_000;
const MIN_REMOVE_MS = 3_600_000;
const MIN_TTL_MS = 5 * 60_000;
const MAX_SOURCES = 50;

/**
 * @param allow what the template allows
 * @throws invalid_request naming every member that is wrong
 */
export function validateInstanceInput(asked: AskedFor, allow: PolicyBounds = {}): void {
  const fields: Record<string, string> = { ...resourceProblems(asked.resources, '/resources') };
  const add = (pointer: string, problem: string | null): void => {
    if (problem !== null) fields[pointer] = problem;
  };
  if (asked.name !== undefined) add('/name', instanceNameProblem(asked.name));
  if (asked.sleepAfter !== undefined) add('/sleepAfter', durationProblem(asked.sleepAfter, MIN_SLEEP_MS, allow.sleepAfter));
  if (asked.removeAfter !== undefined) add('/removeAfter', durationProblem(asked.removeAfter, MIN_REMOVE_MS, allow.removeAfter));
  if (asked.ttl !== undefined) add('/ttl', durationProblem(asked.ttl, MIN_TTL_MS, allow.ttl));
  if (asked.keep === true) {
    if (asked.removeAfter !== undefined || asked.ttl !== undefined) add('/keep', 'goes with neither removeAfter nor ttl');
    else add('/keep', durationProblem('never', 0, allow.removeAfter) ?? durationProblem('never', 0, allow.ttl));
  }
  if (asked.allowedSources !== undefined && asked.allowedSources.length > MAX_SOURCES) add('/allowedSources', `must hold at most ${String(MAX_SOURCES)} addresses and ranges`);
  for (const [index, text] of asked.allowedSources?.entries() ?? []) {
    add(`/allowedSources/${String(index)}`, parseAddressRange(text) === undefined ? 'must be an address or a range such as 10.0.0.7, 10.0.0.0/8 or 2001:db8::/32' : null);
  }
  throwFields(fields);
}

/** Who may connect: the members that were asked for. Call {@link validateInstanceInput} first. */
export function connectRulesOf(asked: AskedFor): Partial<Access> {
  return {
    ...(asked.tlsOnly === undefined ? {} : { tlsOnly: asked.tlsOnly }),
    ...(asked.allowedSources === undefined ? {} : { allow: [...new Set(asked.allowedSources.flatMap((text) => parseAddressRange(text) ?? []))] }),
  };
}

interface PolicyChange {
  readonly sleepAfterMs?: number | null;
  readonly removeAfterMs?: number | null;
  readonly expiresAt?: number | null;
}

/** Members of a change that were asked for, in the store's terms. Call {@link validateInstanceInput} first. */
export function policiesOf(asked: Pick<AskedFor, 'sleepAfter' | 'removeAfter' | 'ttl' | 'keep'>, now: number): PolicyChange {
  const ttl = asked.ttl === undefined ? undefined : parseDuration(asked.ttl);
  return {
    ...(asked.keep === true ? { removeAfterMs: null, expiresAt: null } : {}),
    ...(ttl === undefined ? {} : { expiresAt: ttl === null ? null : now + ttl }),
    ...(asked.sleepAfter === undefined ? {} : { sleepAfterMs: parseDuration(asked.sleepAfter) ?? null }),
    ...(asked.removeAfter === undefined ? {} : { removeAfterMs: parseDuration(asked.removeAfter) ?? null }),
  };
}

/** What nobody asked for is not more than they could ask for. */
export function withinBounds(policies: PolicyChange, allow: PolicyBounds, now: number): PolicyChange & { sleepAfterMs: number | null; removeAfterMs: number | null } {
  const clamp = (ms: number | null | undefined, most: string | undefined): number | null => {
    const bound = most === undefined ? null : (parseDuration(most) ?? null);
    return bound === null ? (ms ?? null) : Math.min(ms ?? Infinity, bound);
  };
  const { sleepAfterMs, removeAfterMs, expiresAt } = policies;
  const ttl = clamp(expiresAt === undefined || expiresAt === null ? null : expiresAt - now, allow.ttl);
  return { sleepAfterMs: clamp(sleepAfterMs, allow.sleepAfter), removeAfterMs: clamp(removeAfterMs, allow.removeAfter), ...(ttl === null ? {} : { expiresAt: now + ttl }) };
}

/** @throws invalid_request when there are any */
export function throwFields(fields: Readonly<Record<string, string>>): void {
  const text = Object.entries(fields).map(([pointer, problem]) => `${pointer} ${problem}`).join('; ');
  if (text !== '') throw new DbmakerError('invalid_request', `The request is not valid: ${text}.`, { fields });
}

/** `most`: what the admin allows; undefined: anything. */
function durationProblem(text: string, min: number, most?: string): string | null {
  const ms = parseDuration(text);
  if (ms === undefined) return `must be ${DURATION_FORMAT}`;
  if (ms !== null && ms < min) return `must be at least ${formatDuration(min)}`;
  const bound = most === undefined ? null : (parseDuration(most) ?? null);
  return bound !== null && (ms === null || ms > bound) ? `must be at most ${formatDuration(bound)}: this template allows no more` : null;
}
