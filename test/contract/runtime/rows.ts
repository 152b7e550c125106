import type { EngineTarget } from '../../../src/domain/ports/engine.ts';
import { withSession as withPostgresql } from '../../../src/engines/postgresql/session.ts';
import { withSession as withRedis } from '../../../src/engines/redis/session.ts';
import type { DatabaseEngine } from './world.ts';

/** Writes a row (a key) as its owner does, durably. */
export async function writeRow(engine: DatabaseEngine, target: EngineTarget, text: string): Promise<void> {
  if (engine === 'redis') {
    await withRedis(target, (session) => session.command('SADD', 'notes', text));
    return;
  }
  await withPostgresql(target, async (session) => {
    await session.rows('CREATE TABLE IF NOT EXISTS public.notes (text text)');
    await session.rows('INSERT INTO public.notes VALUES ($1)', [text]);
  });
}

/** All that was written, sorted. */
export async function readRows(engine: DatabaseEngine, target: EngineTarget): Promise<string[]> {
  if (engine === 'redis') return withRedis(target, async (session) => ((await session.command('SMEMBERS', 'notes')) as string[]).sort());
  const rows = await withPostgresql(target, (session) => session.rows('SELECT text FROM public.notes ORDER BY text'));
  return rows.map((row) => row['text'] ?? '');
}
