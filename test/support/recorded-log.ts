import type { Log } from '../../src/domain/ports/log.ts';

export interface Said {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly text: string;
}

/** For tests that look at what is said: all of it in `said`, warnings and errors as texts by `loud`. */
export function recordedLog(): Log & { readonly said: Said[]; loud(): string[] } {
  const said: Said[] = [];
  const at = (level: Said['level']) => (fields: object, text: string): void => void said.push({ level, fields, text });
  const log = {
    said,
    loud: () => said.filter(({ level }) => level === 'warn' || level === 'error').map(({ level, text, fields }) => `${level} ${text} ${JSON.stringify(fields)}`),
    debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'),
    child: () => log,
  };
  return log;
}
