import type { Observation } from '../ports/runtime.ts';
import type { Reason, Resources } from './instance.ts';

const PATTERNS: readonly { pattern: RegExp; code: Reason['code']; message: string }[] = [
  { pattern: /no space left on device|disk full|could not extend file/i, code: 'disk_full', message: 'The disk is full. Free some space on the host; the database then starts by itself.' },
  { pattern: /address already in use/i, code: 'port_taken', message: 'Something else already listens where this database wants to listen.' },
  { pattern: /out of memory|cannot allocate memory|could not map anonymous shared memory/i, code: 'out_of_memory', message: 'There was not enough memory to run it. Give it more memory.' },
];

/**
 * Why a process ended unasked, in words for its owner.
 * @param logTail last lines of the engine's log, secrets already removed
 * @param early it ended before it was ever ready in this run
 */
export function explainEnd(observation: Observation, resources: Resources, logTail: string, early: boolean): Reason {
  const tail = logTail === '' ? {} : { logTail };
  if (observation.outOfMemory) {
    const limit = Math.round(resources.memoryBytes / (1024 * 1024));
    return { code: 'out_of_memory', message: `It used more than its ${limit} MB of memory and was ended by the system. Give it more memory.`, ...tail };
  }
  const known = PATTERNS.find(({ pattern }) => pattern.test(logTail));
  if (known) return { code: known.code, message: known.message, ...tail };
  const how = observation.exitCode === null ? 'ended' : `ended with exit code ${observation.exitCode}`;
  return early
    ? { code: 'exited_at_start', message: `The database ${how} before it was ready.${hint(logTail)}`, ...tail }
    : { code: 'crash_loop', message: `The database ${how} unexpectedly.${hint(logTail)}`, ...tail };
}

function hint(logTail: string): string {
  const lines = logTail.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const last = lines.findLast((line) => /error|fatal|panic|can't|cannot|failed|refus/i.test(line)) ?? lines.at(-1);
  return last === undefined ? '' : ` Its log says: ${last.slice(0, 300)}`;
}

/** Removes every occurrence of the given secrets from a text that is going to be shown. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret.length > 0).reduce((result, secret) => result.replaceAll(secret, '[secret]'), text);
}
