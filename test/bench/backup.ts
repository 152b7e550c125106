import { existsSync } from 'node:fs';
import type { BackupView } from '../../src/api/schemas/backup.ts';
import type { ConnectionView } from '../../src/api/schemas/instance.ts';
import type { TestServer } from '../support/server.ts';
import { execute } from './execute.ts';
import type { Figure } from './figure.ts';
import { option } from './options.ts';
import { elapsed, quantile } from './statistics.ts';

/** Debian does not put it on the PATH. */
const PGBENCH = ['/usr/lib/postgresql/15/bin/pgbench'].find((file) => existsSync(file)) ?? 'pgbench';
/** Of pgbench's tables with their indexes. */
const MB_PER_SCALE = 15;
const LONG_MS = 900_000;

/**
 * From DELETE to the verified backup (ending all sessions, starting it for us alone, dumping, reading it back), against `pg_dump -Fc` alone in the
 * same container. In megabytes of database per second.
 */
export async function finalBackup(server: TestServer): Promise<Figure> {
  const rounds = option('rounds', 3);
  const scale = Math.max(1, Math.round(option('megabytes', 1024) / MB_PER_SCALE));
  let { id } = await must<{ id: string }>(server, 'POST', '/api/containers', { template: 'postgresql', name: 'bench-backup', resources: { memory: '1GB' } });
  const login = await must<ConnectionView>(server, 'GET', `/api/containers/${id}/connection`);
  const database = ['-h', login.host, '-p', String(login.port), '-U', login.username, login.database];
  await execute(PGBENCH, ['-i', '-q', '-s', String(scale), ...database], { env: { PGPASSWORD: login.password }, timeoutMs: LONG_MS });
  const times = { ours: [] as number[], peer: [] as number[], fastest: [] as number[], restore: [] as number[] };
  let [bytes, size] = [0, 0];
  for (let round = 0; round < rounds; round += 1) {
    const alone = (...options: string[]): Promise<string> => execute('sh', [
      '-c', 'container=$1; shift; docker exec -e PGPASSWORD "$container" pg_dump -h /var/run/postgresql "$@" > /dev/null', 'sh', `dbmaker-${id}`, '-U', login.username, '-Fc', ...options, login.database,
    ], { env: { PGPASSWORD: login.password }, timeoutMs: LONG_MS });
    size = Number(await execute('docker', ['exec', '-e', `PGPASSWORD=${login.password}`, `dbmaker-${id}`, 'psql', '-h', '/var/run/postgresql', '-U', login.username, '-Atc', 'SELECT pg_database_size(current_database())', login.database]));
    times.peer.push(await elapsed(() => alone()));
    times.fastest.push(await elapsed(() => alone('-Z1')));
    const began = Date.now();
    await server.api('DELETE', `/api/containers/${id}`, undefined, { prefer: 'wait=120' });
    const { items } = await must<{ items: BackupView[] }>(server, 'GET', '/api/backups');
    const backup = items.find(({ container }) => container === id);
    if (backup === undefined) throw new Error('there is no backup yet');
    times.ours.push(Date.parse(backup.verifiedAt) - began);
    bytes = backup.bytes;
    times.restore.push(await elapsed(async () => {
      ({ id } = await must<{ id: string }>(server, 'POST', `/api/backups/${backup.id}/restore`));
    }));
  }
  const speed = (milliseconds: readonly number[]): number => size / 1e6 / (quantile(milliseconds, 0.5) / 1000);
  return {
    what: `final backup of a pgbench database of ${(size / 2 ** 30).toFixed(2)} GB, DELETE to verified`, ours: speed(times.ours), peer: speed(times.peer), unit: 'MB/s', limit: 0.9, better: 'high',
    beside: { 'pg_dump -Fc -Z1': speed(times.fastest), 'restore to running': speed(times.restore) },
    detail: { ...times, size, backupBytes: bytes, peer_is: 'docker exec pg_dump -Fc > /dev/null in the same container' },
  };
}

async function must<T>(server: TestServer, method: string, target: string, body?: unknown): Promise<T> {
  const answer = await server.api<T>(method, target, body, { prefer: 'wait=120' });
  if (answer.status !== 200 && answer.status !== 201) throw new Error(`${method} ${target} said ${String(answer.status)}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}
