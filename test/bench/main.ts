/** `npm run bench`: the figures that we promise, beside what people would use without us, measured in the same run on the same machine. */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import path from 'node:path';
import { startServer } from '../support/server.ts';
import type { TestServer } from '../support/server.ts';
import { finalBackup } from './backup.ts';
import { consoleFigures } from './console/index.ts';
import { besideTable, isReached, ratioOf, table } from './figure.ts';
import type { Figure } from './figure.ts';
import { gateway } from './gateway/index.ts';
import { createToFirstQuery, startToFirstQuery } from './lifecycle.ts';
import { machine, manyRows } from './many-rows.ts';
import { idleMemory } from './memory.ts';
import { buildPeers, removePeers } from './peers.ts';
import { stopping } from './stop.ts';
import { watch } from './watch/index.ts';

const ARTIFACT = path.resolve(import.meta.dirname, '../../artifacts/bench.json');
const only = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const wanted = (name: string): boolean => only.length === 0 || only.some((word) => name.includes(word));

const figures: Figure[] = [];

function add(...more: Figure[]): void {
  figures.push(...more);
  for (const figure of more) process.stdout.write(`  ${figure.what}: ${figure.ours.toFixed(1)} ${figure.unit}${figure.peer === null ? '' : ` (peer ${figure.peer.toFixed(1)})`}\n`);
}

async function onDocker(work: (server: TestServer) => Promise<void>): Promise<void> {
  const quota = { DBMAKER_QUOTA_INSTANCES: '100', DBMAKER_QUOTA_MEMORY_MB: '1000000', DBMAKER_QUOTA_CPUS: '1000' };
  await using server = await startServer({ runtime: 'docker', env: { DBMAKER_LOG_LEVEL: 'info', ...quota } });
  await work(server);
}

const faults: string[] = [];

function failed(name: string, error: unknown): void {
  const text = `${name} could not be measured: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  faults.push(text);
  process.stderr.write(`${text}\n`);
}

async function measure(): Promise<void> {
  if (wanted('lifecycle')) {
    try {
      await buildPeers();
      await onDocker(async (server) => {
        add(await createToFirstQuery(server, 'postgresql', 0.4));
        add(await createToFirstQuery(server, 'redis', 1));
        add(await startToFirstQuery(server, 0.75));
      });
    } finally {
      await removePeers();
    }
  }
  if (wanted('backup')) await onDocker(async (server) => add(await finalBackup(server)));
  if (wanted('memory')) await onDocker(async (server) => add(await idleMemory(server, 150)));
  if (wanted('rows')) add(...(await manyRows({ listMs: 25, resyncMs: 1000 })));
  await consoleFigures({ wanted, add, failed });
  await watch({ wanted, add, failed });
  await gateway({ wanted, add, failed });
}

try {
  await measure();
} catch (error) {
  failed('the rest', stopping.aborted ? String(stopping.reason) : error); // what was measured before is shown all the same
}
const about = { at: new Date().toISOString(), cores: cpus().length, ...(await machine()) };
await mkdir(path.dirname(ARTIFACT), { recursive: true });
await writeFile(ARTIFACT, `${JSON.stringify({ ...about, figures: figures.map((figure) => ({ ...figure, ratio: ratioOf(figure), reached: isReached(figure) })), faults }, null, 2)}\n`);
const shown = [table(figures), besideTable(figures), Object.entries(about).map(([name, value]) => `${name}: ${value}`).join(', ')];
process.stdout.write(`\n${shown.filter((part) => part !== '').join('\n\n')}\nEvery single value: ${ARTIFACT}\n`);
if (faults.length > 0) {
  process.stderr.write(`\n${faults.join('\n')}\n`);
  process.exitCode = 1;
}
