import { PROGRESS_EVENT } from '../instance/event.ts';

/** All events. */
export const ALL_TYPES: readonly string[] = ['*'];
export const MAX_TYPES = 50;

const PART = '[a-z0-9_-]{1,40}';
const PATTERN = new RegExp(`^(?:\\*|${PART}(?:\\.${PART}){0,5}(?:\\.\\*)?)$`);

/** Text of what is wrong with one pattern, or null. */
export function typePatternProblem(pattern: string): string | null {
  return PATTERN.test(pattern) ? null : 'must be a type such as instance.failed, a beginning such as instance.*, or *';
}

/**
 * Whether an event of `type` is asked for: `instance.failed` is itself, `instance.*` all that begins with `instance.`, `*` everything. Steps of
 * long work come many times a second: only who names them gets them.
 */
export function matchesTypes(patterns: readonly string[], type: string): boolean {
  if (type === PROGRESS_EVENT) return patterns.includes(type);
  return patterns.some((pattern) => (pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type));
}
