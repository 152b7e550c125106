// npm run bench: set-up as for the tests, then test/bench/main.ts under the pinned Node.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { aptInstall, canAptInstall, ensureDependencies, printError, run, SetupError } from './setup/index.mjs';
import { ensureDockerd } from './test/dockerd.mjs';
import { prepareSystem } from './test/system.mjs';

const HELP = `npm run bench [-- what ...]

Measures the promised figures beside what people would use without DbMaker, on this machine, with Docker (minutes, best on an idle
machine; as root on Debian it installs what it needs). Writes artifacts/bench.json.

  lifecycle  from creating or starting a database to its first query
  memory     what the server holds with many databases
  backup     the final backup of a PostgreSQL database of 1 GB, beside pg_dump alone
  rows       lists and resyncs of a store with many rows
  console    the console in a browser: console-list with 500 databases, console-list-admin with everybody's 5,000
  watch      how soon and at what cost we know what happens: watch-kill, watch-streams, watch-monitor, watch-hour
  gateway    the way to a database: socket, port that Docker publishes, nginx, HAProxy, our gateway; or only a part of it:
    gateway-throughput, gateway-latency, gateway-tls, gateway-connect, gateway-wake, gateway-idle, gateway-churn
  --rounds=N --seconds=N   of the gateway's and the console's figures, for a first impression: fewer and shorter ones
  --connections=N          of gateway-idle (10,000) and gateway-churn (200,000; for the promise itself 1000000)
  --megabytes=N            of backup (1024)
  --instances=N            of watch-kill (50), watch-monitor (300) and watch-hour (10,000)
  --seconds=N --minutes=N --connections=N   of watch-monitor (120), watch-hour (60, simulated) and watch-streams (5,000)
  --help     this text
Without a word: all of it.`;

const KINDS = ['lifecycle', 'memory', 'backup', 'rows', 'console', 'console-list', 'console-list-admin', 'watch', ...['kill', 'streams', 'monitor', 'hour'].map((part) => `watch-${part}`), 'gateway', ...['throughput', 'latency', 'tls', 'connect', 'wake', 'idle', 'churn'].map((part) => `gateway-${part}`)];

const words = process.argv.slice(2);
if (words.includes('--help') || words.includes('-h')) {
  console.log(HELP);
  process.exit(0);
}
const unknown = words.find((word) => !KINDS.includes(word) && !/^--(rounds|seconds|minutes|connections|megabytes|instances)=[\d.]+$/.test(word));
if (unknown !== undefined) {
  printError(new SetupError(`There is nothing to measure that is called ${unknown}.`, { remedy: 'see npm run bench -- --help' }));
  process.exit(1);
}

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const scratch = mkdtempSync(path.join(tmpdir(), 'dbm-bench-'));
let stopDocker = async () => {};
try {
  await ensureDependencies(ROOT);
  const kinds = words.filter((word) => !word.startsWith('-'));
  const isConsole = (word) => word.startsWith('console');
  const docker = kinds.length === 0 || !kinds.every(isConsole);
  await prepareSystem({ ci: true, docker, clients: kinds.length === 0 || kinds.some(isConsole), without: [] }); // every figure or none
  if (kinds.length === 0 || kinds.some((word) => word.startsWith('gateway'))) await installPeers();
  if (docker) await prepareDocker();
  process.exitCode = await benchmarks();
} catch (error) {
  printError(error);
  process.exitCode = 1;
} finally {
  await stopDocker();
  rmSync(scratch, { recursive: true, force: true });
}

async function prepareDocker() {
  stopDocker = await ensureDockerd(scratch);
  const { code, output } = await run(process.execPath, ['scripts/images.mjs', '--offline'], { what: 'Building the database images', cwd: ROOT });
  if (code !== 0) throw new SetupError(`The images could not be built:\n${output}`);
}

/** What the gateway is measured with and against. Nothing of it is started by the system. */
async function installPeers() {
  // postgresql-common would make a cluster beside pgbench; only now: what the person installs later is theirs to decide.
  const noCluster = '/etc/postgresql-common/createcluster.d/dbmaker-bench.conf';
  const write = canAptInstall() && !existsSync('/usr/lib/postgresql/15/bin/pgbench');
  try {
    if (write) {
      mkdirSync(path.dirname(noCluster), { recursive: true });
      writeFileSync(noCluster, 'create_main_cluster = false\n');
    }
    await aptInstall(['nginx', 'libnginx-mod-stream', 'haproxy', 'postgresql-15', 'redis-tools'], {
      why: 'to measure the gateway beside others', services: ['nginx', 'haproxy', 'postgresql', 'redis-server'],
    });
  } finally {
    if (write) rmSync(noCluster, { force: true });
  }
}

/** A signal is passed on: the benchmark then ends what it started, and we what we started. */
function benchmarks() {
  return new Promise((resolve, reject) => {
    const child = spawn(path.join(ROOT, 'node_modules', '.bin', 'node'), ['test/bench/main.ts', ...process.argv.slice(2)], { cwd: ROOT, stdio: 'inherit' });
    const passOn = (signal) => child.kill(signal);
    process.on('SIGTERM', passOn);
    process.on('SIGINT', () => {}); // a terminal sends it to both
    child.once('error', reject);
    child.once('exit', (code) => {
      process.off('SIGTERM', passOn);
      resolve(code ?? 1);
    });
  });
}
