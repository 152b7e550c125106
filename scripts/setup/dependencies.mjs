import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError } from './errors.mjs';
import { findProgram } from './programs.mjs';
import { lastLines, run } from './run.mjs';

const STAMP = '.dbmaker-installed';
const FAILURE = 'dbmaker-setup-failed ';
const LIMIT_MS = 25 * 60_000;

/**
 * Makes node_modules match package-lock.json: `npm ci` where it is missing, of another lockfile or platform, or was left half made.
 * Nothing but two small reads when all is well. Several callers at once are one installation.
 * @param {string} root directory of package.json: ours, or the console's
 * @param options `limitMs`: it is given up after so long; `fetchMs`: and where the registry leaves a request without an answer for so long, twice
 * @throws SetupError in words: no network, no space, no permission, npm missing
 */
export async function ensureDependencies(root, { limitMs = LIMIT_MS, fetchMs } = {}) {
  if (isInstalled(root)) return;
  if (await adopt(root)) return;
  const install = fileURLToPath(import.meta.url);
  const flock = findProgram('flock');
  if (!flock) return installNow(root, { limitMs, fetchMs });
  // The kernel lets go of this lock however the holder ends, npm's own children included.
  mkdirSync(path.join(root, '.cache'), { recursive: true });
  const result = await run(flock, [path.join(root, '.cache', 'install.lock'), process.execPath, install, root, String(limitMs), String(fetchMs ?? '')], {
    what: 'Installing what DbMaker needs from the npm registry (npm ci)', cwd: root, timeoutMs: limitMs * 1.2,
  });
  if (result.late) throw tooLate(root, limitMs);
  if (result.code !== 0) throw handedOver(result.output);
}

function isInstalled(root) {
  return read(path.join(root, 'node_modules', STAMP)) === stampOf(root);
}

/** Same for as long as an installation stays right. */
function stampOf(root) {
  const lock = read(path.join(root, 'package-lock.json'));
  if (lock === null) throw new SetupError(`There is no package-lock.json in ${root}.`, { remedy: 'start from a complete copy of the repository' });
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`;
}

/**
 * Somebody ran `npm ci` by hand: npm writes its hidden lockfile last, so if that names every package of ours in our version, and the
 * pinned Node runs, nothing has to be installed again.
 */
async function adopt(root) {
  const hidden = packagesOf(path.join(root, 'node_modules', '.package-lock.json'));
  const wanted = packagesOf(path.join(root, 'package-lock.json'));
  if (!hidden || !wanted) return false;
  const differs = Object.entries(wanted).some(([name, one]) => name !== '' && !one.optional && hidden[name]?.version !== one.version);
  if (differs || !(await pinnedNodeRuns(root))) return false;
  writeFileSync(path.join(root, 'node_modules', STAMP), stampOf(root));
  return true;
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? null;
  } catch {
    return null; // missing or cut off: then it is no proof of an installation
  }
}

async function pinnedNodeRuns(root) {
  const version = packagesOf(path.join(root, 'package-lock.json'))?.['node_modules/node']?.version;
  if (version === undefined) return true; // the console's packages, which the Node.js of the root runs
  const result = await run(path.join(root, 'node_modules', '.bin', 'node'), ['--version'], { timeoutMs: 20_000 });
  return result.code === 0 && result.output.trim() === `v${version}`;
}

/** The installation itself, under the lock. Throws SetupError whose message holds npm's words. */
async function installNow(root, { limitMs, fetchMs }) {
  if (isInstalled(root)) return; // another one did it while we waited for the lock
  const npm = npmCommand();
  // npm by itself waits five minutes for each answer, and asks three times: where a network swallows everything that is a quarter of an hour.
  const patience = fetchMs === undefined ? [] : [`--fetch-timeout=${fetchMs}`, '--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
  const result = await run(npm[0], [...npm.slice(1), 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', ...patience], {
    cwd: root, timeoutMs: limitMs, env: cleanEnvironment(),
  });
  if (result.late) throw tooLate(root, limitMs);
  if (result.code !== 0) throw explain(result.output, root);
  if (!(await pinnedNodeRuns(root))) {
    throw new SetupError('npm installed everything, but the Node.js it brought does not run.', {
      remedy: `see what "${path.join(root, 'node_modules', '.bin', 'node')} --version" says`,
    });
  }
  writeFileSync(path.join(root, 'node_modules', STAMP), stampOf(root));
}

/** The npm that started us if there is one, else the one on the PATH. */
function npmCommand() {
  const own = process.env.npm_execpath;
  if (own?.endsWith('.js') && existsSync(own)) return [process.execPath, own];
  const onPath = findProgram('npm');
  if (onPath) return [onPath];
  throw new SetupError('npm was not found.', { remedy: 'install Node.js 20 or newer together with npm' });
}

/** Without what `npm run` adds about its own run, which would otherwise change how the inner npm works. */
function cleanEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_(lifecycle|package|command|execpath|node)/.test(name) && name !== 'NODE_ENV');
  return Object.fromEntries(kept);
}

const CAUSES = [
  [/ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|network/,
    'The npm registry cannot be reached.', 'check the network, or set a registry or proxy with "npm config set registry|proxy ..."; then start again'],
  [/ENOSPC/, 'The disk is full.', 'make room, then start again'],
  [/EACCES|EPERM|EROFS/, 'The files of this directory cannot be written.', 'start as the user who owns the directory, or give it to yourself with chown'],
  [/EUSAGE/, 'package.json and package-lock.json do not fit together.', 'take both from the repository as they are'],
  [/EINTEGRITY/, 'A package from the registry is not the one that this repository names.', 'run "npm cache clean --force", then start again; if it stays so, do not trust the registry'],
  [/E404|ETARGET/, 'The npm registry does not have a package that is needed.', 'check which registry "npm config get registry" names'],
];

function explain(output, root) {
  const [, text, remedy] = CAUSES.find(([pattern]) => pattern.test(output)) ?? [null, 'npm could not install the dependencies.', `run "npm ci" in ${root} and see what it says`];
  // npm says what is wrong first, and then how it is used in general.
  const said = output.split('\n').filter((line) => /^npm (error|ERR!) \S/.test(line)).slice(0, 12).join('\n');
  return new SetupError(`${text}\nnpm said:\n${said || lastLines(output)}`, { remedy });
}

function tooLate(root, limitMs) {
  return new SetupError(`npm was not ready after ${Math.round(limitMs / 1000)} seconds: the registry, or the way to it, is too slow or does not answer.`, {
    remedy: `run "npm ci" in ${root}, which takes as long as it takes; then start again`,
  });
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null; // missing counts as different
  }
}

/** What the installing process said when it failed: see the end of this file. */
function handedOver(output) {
  const line = output.split('\n').find((one) => one.startsWith(FAILURE));
  if (line === undefined) return new SetupError(`The installation of the npm packages ended unexpectedly.\n${lastLines(output)}`, { remedy: 'start again' });
  const { message, remedy } = JSON.parse(line.slice(FAILURE.length));
  return new SetupError(message, { remedy });
}

// Started by ensureDependencies itself, under the lock.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const [, , root, limitMs, fetchMs] = process.argv;
    await installNow(root, { limitMs: Number(limitMs), fetchMs: fetchMs ? Number(fetchMs) : undefined });
  } catch (error) {
    if (error instanceof SetupError) console.error(FAILURE + JSON.stringify({ message: error.message, remedy: error.remedy }));
    else console.error(error);
    process.exit(1);
  }
}
