import { HEALTH_EVENT, PROGRESS_EVENT } from '../instance/event.ts';

/** All events. */
export const ALL_TYPES: readonly string[] = ['*'];
export const MAX_TYPES = 50;

const PART = '[a-z0-9_-]{1,40}';
const PATTERN = new RegExp(`^(?:\\*|${PART}(?:\\.${PART}){0,5}(?:\\.\\*)?)$`);

/** For pages that are open; who does not name them does not get them. */
const ONLY_BY_NAME: readonly string[] = [PROGRESS_EVENT, HEALTH_EVENT];

/** Text of what is wrong with one pattern, or null. */
export function typePatternProblem(pattern: string): string | null {
  return PATTERN.test(pattern) ? null : 'must be a type such as instance.failed, a beginning such as instance.*, or *';
}

/**
 * Whether an event of `type` is asked for: `instance.failed` is itself, `instance.*` all that begins with `instance.`, `*` everything. Steps of
 * long work come many times a second, and each silent check changes the health: only who names them gets them. What is to be done something about
 * (`instance.unhealthy`) is an event of its own.
 */
export function matchesTypes(patterns: readonly string[], type: string): boolean {
  if (ONLY_BY_NAME.includes(type)) return patterns.includes(type);
  return patterns.some((pattern) => (pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type));
}
