// npm test: set-up, static checks, all tests, and a look whether they left anything behind. Plain JavaScript for Node 20 without
// node_modules, as it starts on a fresh clone. `npm test -- --help` lists the options.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChecks } from './check.mjs';
import { ensureDependencies, printError, run, SetupError } from './setup/index.mjs';
import { ensureDockerd } from './test/dockerd.mjs';
import { splitByNeeds, testFiles } from './test/files.mjs';
import { readOptions } from './test/options.mjs';
import { runFiles } from './test/pool.mjs';
import { count, printCount, printFile, printSlow } from './test/report.mjs';
import { lookForSecrets } from './test/secrets.mjs';
import { prepareSystem } from './test/system.mjs';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const NODE = path.join(ROOT, 'node_modules', '.bin', 'node');
/** Kept between runs: a test file then starts without stripping and compiling everything again. */
const COMPILE_CACHE = path.join(ROOT, '.cache', 'compile');
/** Longer for longer kill tests, see test/support/kills.ts. */
const FILE_MS = Math.max(12 * 60_000, Number(process.env.DBMAKER_TEST_KILLS ?? 0) * 15_000 + 60_000);
const TESTS_MS = 25 * 60_000;
const IMAGES_MS = 12 * 60_000;

const started = Date.now();
const options = orExit(() => readOptions(process.argv.slice(2), process.env));
if (options.help) {
  console.log(options.help);
  process.exit(0);
}
const files = testFiles(ROOT, options.only);
if (options.list || files.length === 0) {
  console.log(files.length > 0 ? files.join('\n') : `No test file has ${options.only.join(' or ')} in its path.`);
  process.exit(files.length > 0 ? 0 : 1);
}

const scratch = mkdtempSync(path.join(tmpdir(), 'dbm-'));
chmodSync(scratch, 0o711); // an unprivileged PostgreSQL passes through; what is secret inside has a mode of its own
/** What the tests made of secrets, and the logs that must not have them. */
const SECRETS = path.join(scratch, 'secrets');
const stopping = new AbortController();
let stopDocker = async () => {};
process.once('SIGINT', () => interrupted('SIGINT')).once('SIGTERM', () => interrupted('SIGTERM'));
let exitCode = 1;
try {
  exitCode = await main();
} catch (error) {
  printError(error);
} finally {
  await stopDocker();
  rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
}
process.exit(exitCode);

/** @returns {Promise<number>} the exit code */
async function main() {
  const needsDocker = splitByNeeds(files, { docker: '' }).skipped.length > 0;
  const needsClients = splitByNeeds(files, { clients: '' }).skipped.length > 0;
  const [missing] = await Promise.all([
    prepareSystem({ ci: options.ci, docker: needsDocker, clients: needsClients, without: options.without }),
    ensureDependencies(ROOT),
  ]);
  const [checked] = await Promise.all([
    options.checks ? runChecks() : true,
    needsDocker && missing.docker === undefined ? prepareDocker() : undefined,
  ]);
  const { runnable, skipped } = splitByNeeds(files, missing);
  console.log(`\n${runnable.length} test files, ${options.jobs} at a time on ${cpus().length} cores:`);
  for (const { file, why } of skipped) console.log(`SKIP  ${file}: ${why}`);
  const results = await runTests(runnable);
  const left = await leftovers();
  const leaks = await secretsInLogs();
  printSlow(results);
  const counts = count(results);
  const faults = [
    checked ? '' : 'a static check failed (see above)',
    counts.fail > 0 ? `failed: ${results.filter((one) => count([one]).fail > 0).map(({ file }) => file).join(', ')}` : '',
    left.length > 0 ? `the tests left behind on this machine (containers and processes were ended now):\n  ${left.join('\n  ')}` : '',
    leaks.length > 0 ? `secrets were printed into logs:\n  ${leaks.join('\n  ')}` : '',
    options.ci && counts.skipped > 0 ? `${counts.skipped} tests were skipped, and in CI none may be` : '',
    counts.tests === 0 ? 'no test ran' : '',
    stopping.signal.aborted ? String(stopping.signal.reason) : '',
  ].filter(Boolean);
  console.log(faults.length > 0 ? `\nFAILED\n- ${faults.join('\n- ')}` : `\nAll passed${skipped.length > 0 ? `, ${skipped.length} files skipped for want of what they need` : ''}.`);
  printCount({ ...counts, skipped: counts.skipped + skipped.length, tests: counts.tests + skipped.length }, Date.now() - started);
  return faults.length > 0 ? 1 : 0;
}

async function prepareDocker() {
  stopDocker = await ensureDockerd(scratch);
  const { code, output } = await run(process.execPath, ['scripts/images.mjs', '--offline'], { what: 'Building the database images', cwd: ROOT, timeoutMs: IMAGES_MS });
  if (code !== 0) throw new SetupError(`The images could not be built:\n${output.trimEnd().split('\n').slice(-40).join('\n')}`, { remedy: 'node scripts/images.mjs --offline shows all of it' });
}

async function runTests(runnable) {
  const late = setTimeout(() => stopping.abort(`the tests took longer than ${TESTS_MS / 60_000} minutes and were ended`), TESTS_MS);
  const temporary = path.join(scratch, 'tmp');
  mkdirSync(temporary, { mode: 0o711 });
  mkdirSync(SECRETS, { mode: 0o700 });
  const own = Object.entries(process.env).filter(([name]) => !/^(DBMAKER_(?!TEST_)|NODE_OPTIONS$|NODE_TEST|npm_)/.test(name));
  const env = { ...Object.fromEntries(own), TMPDIR: temporary, DBM_TEST_RUN: path.basename(scratch), DBM_TEST_SECRETS: SECRETS, NO_COLOR: '1', NODE_COMPILE_CACHE: COMPILE_CACHE };
  const results = await runFiles(runnable, options.jobs, { root: ROOT, node: NODE, env, scratch, timeoutMs: FILE_MS, signal: stopping.signal }, printFile);
  clearTimeout(late);
  return results;
}

async function leftovers() {
  const { code, output } = await run(NODE, ['scripts/test/leftovers.mjs', scratch, path.basename(scratch), String(started), String(options.ci)], { cwd: ROOT, timeoutMs: 60_000 });
  const lines = output.split('\n').filter(Boolean);
  return code === 0 ? lines : [...lines, `(the look itself failed with exit code ${code})`];
}

async function secretsInLogs() {
  const started = performance.now();
  const { secrets, logs, found } = await lookForSecrets(SECRETS);
  console.log(`\n${logs} logs looked through for ${secrets} secrets in ${Math.round(performance.now() - started)} ms: ${found.length === 0 ? 'none was printed' : 'FAILED'}.`);
  const whole = options.only.length === 0 && !stopping.signal.aborted;
  return whole && (secrets === 0 || logs === 0) ? ['(the look itself saw no logs or no secrets)'] : found;
}

function interrupted(signal) {
  console.error(`\n${signal}: ending the tests and what they started ...`);
  stopping.abort(`ended by ${signal}`);
}

function orExit(read) {
  try {
    return read();
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
}
