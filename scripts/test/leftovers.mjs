// Started under Node 24 by test.mjs after the tests: node leftovers.mjs SCRATCH RUN STARTED CI
// Prints what they left on the machine, one thing a line, and clears it away: the next run must not trip over it.
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { allContainers, processesIn, processesWith, removeContainers } from '../../test/support/world.ts';

const [scratch, run, started, ci] = process.argv.slice(2);
const temporary = path.join(scratch, 'tmp');

const containers = (await allContainers()).filter(({ mounts, labels }) => labels['dbmaker.test-run'] === run || mounts.some((mount) => mount.startsWith(`${scratch}/`)));
for (const { name } of containers) console.log(`container ${name}`);
await removeContainers(containers);

const parents = ancestors(await processesIn('/'));
const processes = new Map([...(await processesIn(temporary)), ...(await processesWith('DBM_TEST_RUN', run))].map((one) => [one.pid, one]));
for (const { pid, command } of processes.values()) {
  if (parents.has(pid)) continue;
  console.log(`process ${pid}: ${command.slice(0, 200)}`);
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ended by itself
  }
}
for (const name of readdirSync(temporary)) console.log(`in the temporary directory: ${name}`);
// Sockets need short paths, so some tests work in /tmp itself. Only in CI are we sure that nobody else does.
if (ci === 'true') for (const name of readdirSync('/tmp')) if (isNewOfOurs(`/tmp/${name}`)) console.log(`/tmp/${name}`);

function isNewOfOurs(file) {
  if (!/\/(dbm|dbmaker)-/.test(file) || file === scratch) return false;
  try {
    return statSync(file).ctimeMs >= Number(started);
  } catch {
    return false; // gone while we looked
  }
}

/** Ourselves and those who started us. */
function ancestors(all) {
  const parentOf = new Map(all.map(({ pid, parent }) => [pid, parent]));
  const found = new Set([process.pid]);
  for (let pid = process.ppid; pid > 1 && !found.has(pid); pid = parentOf.get(pid) ?? 0) found.add(pid);
  return found;
}
