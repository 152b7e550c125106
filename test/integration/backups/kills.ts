/**
 * A database is deleted and restored again and again, while `kill -9` hits the server at random moments of both. Each time there is exactly one
 * backup, all data come back, and nothing is left over.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { BackupView } from '../../../src/api/schemas/backup.ts';
import { backupDirectory } from '../../support/backup-directory.ts';
import { withPostgresql, withRedis, type Family } from '../../support/clients.ts';
import { killsOr } from '../../support/kills.ts';
import { admin, type Person } from '../../support/person.ts';
import { createRandom, type Random } from '../../support/random.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { waitFor } from '../../support/wait.ts';

const ROWS = 40_000;
const FAMILIES = ['postgresql', 'redis'] as const;
/** At least: one while it is deleted, one while it is restored. */
const KILLS_A_ROUND = 2;
const SETTLE_MS = 60_000;

interface Course {
  readonly server: TestServer;
  readonly boss: Person;
  readonly random: Random;
  readonly history: string[];
  kills: number;
}

/** @param least how often it is killed at least. @returns how often it was */
export async function killedBackups(runtime: 'docker' | 'process', least: number): Promise<number> {
  const rounds = Math.ceil(killsOr(least) / (FAMILIES.length * KILLS_A_ROUND));
  const random = createRandom();
  await using server = await startServer({ runtime, env: { DBMAKER_PORT_QUARANTINE_SECONDS: '1' } });
  const course: Course = { server, boss: await admin(server), random, history: [`seed ${random.seed}`], kills: 0 };
  try {
    for (const family of FAMILIES) await thereAndBack(course, family, rounds);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${course.history.join('\n')}\n${await server.logText()}`, { cause: error });
  }
  return course.kills;
}

async function thereAndBack(course: Course, family: Family, rounds: number): Promise<void> {
  const { server, boss, history } = course;
  let { id } = await boss.create({ template: family, name: `there-${family}`, resources: { memory: '128MB' } });
  const login = await boss.connection(id);
  if (family === 'postgresql') await withPostgresql(login, (client) => client.query(`CREATE TABLE kept AS SELECT n, md5(n::text) AS text FROM generate_series(1, ${String(ROWS)}) n`));
  else await withRedis(login, (client) => client.eval(`for n = 1, ${String(ROWS)} do redis.call('SET', n, redis.sha1hex(n)) end`, 0));
  const sum = await sumOf(family, login);
  for (let round = 1; round <= rounds; round += 1) {
    history.push(`${family} round ${String(round)}: ${id} is deleted`);
    await boss.must(202, 'DELETE', `/api/containers/${id}`);
    await killedMeanwhile(course);
    await waitFor(async () => (await boss.ask('GET', `/api/containers/${id}`)).status === 404, { what: `${id} to be gone`, timeoutMs: SETTLE_MS, intervalMs: 50, explain: async () => JSON.stringify((await boss.ask('GET', `/api/containers/${id}`)).body) });
    const { items } = await boss.must<{ items: BackupView[] }>(200, 'GET', '/api/backups?limit=200');
    assert.deepEqual(items.map(({ container }) => container), [id], 'exactly one backup');
    const backup = items[0]?.id ?? '';
    assert.deepEqual(await readdir(path.join(server.home, 'backups')), [backup]);
    assert.equal((await readdir(backupDirectory(server.home, backup))).length, items[0]?.files.length, 'nothing is left of tries that were cut off');
    assert.deepEqual((await readdir(path.join(server.home, 'instances'))).filter((name) => !name.startsWith('.')), []);

    ({ id } = await boss.must(202, 'POST', `/api/backups/${backup}/restore`));
    history.push(`  restored from ${backup} as ${id}`);
    await killedMeanwhile(course);
    await boss.until(id, 'it to run', ({ status }) => status === 'running', SETTLE_MS);
    assert.equal(await sumOf(family, await boss.connection(id)), sum);
    await boss.must(204, 'DELETE', `/api/backups/${backup}`);
  }
  await boss.delete(id);
}

/** Once or more, at any moment, also while it starts. */
async function killedMeanwhile(course: Course): Promise<void> {
  const { server, random, history } = course;
  do {
    const after = random.between(0, 1400);
    await pause(after);
    await server.kill('SIGKILL');
    course.kills += 1;
    history.push(`  killed after ${String(after)} ms`);
    await server.start();
  } while (random.unit() < 0.4);
}

function sumOf(family: Family, login: Parameters<typeof withRedis>[0]): Promise<string> {
  if (family === 'postgresql') return withPostgresql(login, async (client) => (await client.query<{ sum: string }>(`SELECT count(*) || md5(string_agg(n || text, ',' ORDER BY n)) AS sum FROM kept`)).rows[0]?.sum ?? '');
  return withRedis(login, async (client) => {
    const values = await client.mget(Array.from({ length: ROWS }, (_, index) => String(index + 1)));
    return `${String(await client.dbsize())} ${String(values.filter((value) => value !== null).length)} ${values.at(-1) ?? ''}`;
  });
}
