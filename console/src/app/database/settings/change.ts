import type { Database, DatabaseChange } from '../../api/types';

const MB = 1024 ** 2;

/** What can be set, as the form holds it. */
export interface SettingsValues {
  readonly name: string;
  readonly memoryMb: string;
  readonly cpus: string;
  readonly sleepAfter: string;
  readonly removeAfter: string;
  readonly tlsOnly: boolean;
}

export function settingsOf(database: Database | null): SettingsValues {
  return {
    name: database?.name ?? '',
    memoryMb: String((database?.resources.memoryBytes ?? 0) / MB),
    cpus: String(database?.resources.cpus ?? 0),
    sleepAfter: database?.sleepAfter ?? '',
    removeAfter: database?.removeAfter ?? '',
    tlsOnly: database?.tlsOnly ?? false,
  };
}

/** What somebody has typed stays; the rest follows what others set meanwhile, so that saving takes none of it back. */
export function followed(typed: SettingsValues, was: SettingsValues, now: SettingsValues): SettingsValues {
  return { ...now, ...Object.fromEntries(Object.entries(typed).filter(([name, value]) => value !== was[name as keyof SettingsValues])) };
}

/** Only what differs; null: nothing. */
export function changeOf(was: SettingsValues, now: SettingsValues): DatabaseChange | null {
  const memory = now.memoryMb !== was.memoryMb;
  const cpus = now.cpus !== was.cpus;
  const change: DatabaseChange = {
    ...(now.name === was.name ? {} : { name: now.name }),
    ...(memory || cpus ? { resources: { ...(memory ? { memory: `${now.memoryMb}MB` } : {}), ...(cpus ? { cpus: Number(now.cpus) } : {}) } } : {}),
    ...(now.sleepAfter === was.sleepAfter ? {} : { sleepAfter: now.sleepAfter }),
    ...(now.removeAfter === was.removeAfter ? {} : { removeAfter: now.removeAfter }),
    ...(now.tlsOnly === was.tlsOnly ? {} : { tlsOnly: now.tlsOnly }),
  };
  return Object.keys(change).length === 0 ? null : change;
}

/** Numbers to choose from as texts, with the one that is chosen. */
export function withChoice(choices: readonly number[], chosen: string): string[] {
  return [...new Set([...choices.map(String), chosen])].sort((a, b) => Number(a) - Number(b));
}
