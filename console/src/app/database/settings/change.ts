import type { Database, DatabaseChange } from '../../api/types';

const MB = 1024 ** 2;

/** What can be set, as the form holds it. */
export interface SettingsValues {
  readonly name: string;
  readonly memoryMb: string;
  readonly cpus: string;
  readonly sleepAfter: string;
  /** No policy removes it. */
  readonly keep: boolean;
  /** What counts without `keep`. */
  readonly removeAfter: string;
  /** From when it is saved; '': as it is. */
  readonly ttl: string;
  readonly tlsOnly: boolean;
  /** One a line; none: everybody. */
  readonly allowedSources: string;
}

/** Of one that was kept so far, until something else is chosen. */
const REMOVE_AFTER_OF_KEPT = '30d';

export function settingsOf(database: Database | null): SettingsValues {
  const keep = database?.removeAfter === 'never' && database.expiresAt === null;
  return {
    name: database?.name ?? '',
    memoryMb: String((database?.resources.memoryBytes ?? 0) / MB),
    cpus: String(database?.resources.cpus ?? 0),
    sleepAfter: database?.sleepAfter ?? '',
    keep,
    removeAfter: keep ? REMOVE_AFTER_OF_KEPT : (database?.removeAfter ?? ''),
    ttl: '',
    tlsOnly: database?.tlsOnly ?? false,
    allowedSources: (database?.allowedSources ?? []).join('\n'),
  };
}

/** Addresses and ranges as somebody has typed them: one a line, or beside each other. */
export function sourcesIn(text: string): string[] {
  return text.split(/[\s,;]+/).filter((source) => source !== '');
}

/** Only what differs; null: nothing. */
export function changeOf(was: SettingsValues, now: SettingsValues): DatabaseChange | null {
  const memory = now.memoryMb !== was.memoryMb;
  const cpus = now.cpus !== was.cpus;
  const sources = sourcesIn(now.allowedSources);
  const change: DatabaseChange = {
    ...(now.name === was.name ? {} : { name: now.name }),
    ...(memory || cpus ? { resources: { ...(memory ? { memory: `${now.memoryMb}MB` } : {}), ...(cpus ? { cpus: Number(now.cpus) } : {}) } } : {}),
    ...(now.sleepAfter === was.sleepAfter ? {} : { sleepAfter: now.sleepAfter }),
    ...cleanupOf(was, now),
    ...(now.tlsOnly === was.tlsOnly ? {} : { tlsOnly: now.tlsOnly }),
    ...(sources.join() === sourcesIn(was.allowedSources).join() ? {} : { allowedSources: sources }),
  };
  return Object.keys(change).length === 0 ? null : change;
}

/** `keep` takes the place of the other two. */
function cleanupOf(was: SettingsValues, now: SettingsValues): Pick<DatabaseChange, 'keep' | 'removeAfter' | 'ttl'> {
  if (now.keep) return was.keep ? {} : { keep: true };
  return { ...(was.keep || now.removeAfter !== was.removeAfter ? { removeAfter: now.removeAfter } : {}), ...(now.ttl === '' ? {} : { ttl: now.ttl }) };
}

/** What somebody has typed stays; the rest follows what others set meanwhile, so that saving takes none of it back. */
export function followed(typed: SettingsValues, was: SettingsValues, now: SettingsValues): SettingsValues {
  return { ...now, ...Object.fromEntries(Object.entries(typed).filter(([name, value]) => value !== was[name as keyof SettingsValues])) };
}

/** Numbers to choose from as texts, with the one that is chosen. */
export function withChoice(choices: readonly number[], chosen: string): string[] {
  return [...new Set([...choices.map(String), chosen])].sort((a, b) => Number(a) - Number(b));
}
