import type { Activity, EngineFigures, EngineTarget } from '../../domain/ports/engine.ts';
import { CLIENT_NAME, info, withSession, type Session } from './session.ts';

/** `7.0.15` */
export async function version(target: EngineTarget): Promise<string> {
  return withSession(target, async (session) => (await info(session, 'server')).get('redis_version') ?? '');
}

/** Memory of keys and values, without what the server needs for itself. */
export async function size(target: EngineTarget): Promise<number> {
  return withSession(target, async (session) => Number((await info(session, 'memory')).get('used_memory_dataset') ?? 0));
}

/** Clients but those of the control plane; active: a command within the last second, waiting in one (BLPOP), or in a transaction. */
export async function activity(target: EngineTarget): Promise<Activity> {
  const lines = await withSession(target, async (session) => String(await session.command('CLIENT', 'LIST')).split('\n'));
  const clients = lines.filter(Boolean).map(fieldsOf).filter((fields) => fields.get('name') !== CLIENT_NAME);
  const active = clients.filter((fields) => fields.get('idle') === '0' || /[bx]/.test(fields.get('flags') ?? ''));
  return { connections: clients.length, active: active.length };
}

/** `id=3 addr=... flags=N`: no value holds a space, Redis refuses such names. */
function fieldsOf(line: string): Map<string, string> {
  return new Map(line.split(' ').map((field) => {
    const at = field.indexOf('=');
    return [field.slice(0, at), field.slice(at + 1)];
  }));
}

/** One INFO tells all; whoever is logged in as an owner may ask for it. */
export async function figuresIn(session: Session): Promise<EngineFigures> {
  const lines = await info(session, 'everything');
  const number = (name: string): number | null => (lines.has(name) ? Number(lines.get(name)) : null);
  const keys = [...lines].flatMap(([name, value]) => (/^db\d+$/.test(name) ? Number(/^keys=(\d+)/.exec(value)?.[1] ?? 0) : []));
  return {
    databaseBytes: number('used_memory_dataset'),
    keys: keys.reduce((sum, count) => sum + count, 0),
    operations: number('total_commands_processed'),
    hits: number('keyspace_hits'),
    misses: number('keyspace_misses'),
  };
}
