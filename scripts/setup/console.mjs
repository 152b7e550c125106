import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compressFiles } from './compress-files.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { printError, SetupError } from './errors.mjs';
import { findProgram } from './programs.mjs';
import { lastLines, run } from './run.mjs';

/** What the result depends on. */
const SOURCES = ['src', 'public', 'angular.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.app.json'];
const BUILD_MS = 10 * 60_000;
/** For its packages, where the API waits for them and does without: for as long as npm has patience, a network that swallows everything would keep it away. */
const PATIENCE = { limitMs: 5 * 60_000, fetchMs: 45_000 };

/**
 * Builds the console where that was not done yet, or from other sources. Two dozen small reads when there is nothing to do. Several callers at
 * once are one build.
 * @param {string} root directory of the repository
 * @param patience how long its packages may take (default: as long as npm likes), see {@link ensureDependencies}
 * @throws SetupError in words: what npm or the compiler said
 */
export async function ensureConsole(root, patience) {
  const folder = path.join(root, 'console');
  if (!existsSync(path.join(folder, 'package.json')) || isBuilt(folder)) return;
  await ensureDependencies(folder, patience);
  const flock = findProgram('flock');
  if (!flock) return buildNow(root);
  mkdirSync(path.join(root, '.cache'), { recursive: true });
  const { code, output } = await run(flock, [path.join(root, '.cache', 'console.lock'), process.execPath, fileURLToPath(import.meta.url), root], {
    what: 'Building the console', cwd: root, timeoutMs: BUILD_MS,
  });
  if (code !== 0) throw new SetupError(`The console could not be built:\n${lastLines(output, 40)}`, { remedy: 'cd console && npm run build shows all of it' });
}

/** As {@link ensureConsole}, but a failure is only told: the API is there without it, too. */
export async function tryConsole(root, patience = PATIENCE) {
  try {
    await ensureConsole(root, patience);
  } catch (error) {
    printError(error);
    console.error('DbMaker starts without its console. The next start tries again.');
  }
}

const stampFile = (folder) => path.join(folder, 'dist', 'built-from');

function isBuilt(folder) {
  return existsSync(stampFile(folder)) && readFileSync(stampFile(folder), 'utf8') === sourcesOf(folder);
}

/** Hash over names and contents. */
function sourcesOf(folder) {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    const place = path.join(folder, source);
    const files = path.extname(source) === '' ? readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name)) : [place];
    for (const file of files.filter((name) => !name.endsWith('.spec.ts')).sort()) hash.update(`${path.relative(folder, file)}\0`).update(readFileSync(file));
  }
  return `${hash.digest('hex')}\n`;
}

async function buildNow(root) {
  const folder = path.join(root, 'console');
  const sources = sourcesOf(folder);
  if (isBuilt(folder)) return; // another one did it while we waited for the lock
  const node = path.join(root, 'node_modules', '.bin', 'node');
  const env = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}`, NG_CLI_ANALYTICS: 'false', NO_COLOR: '1' };
  const { code, output } = await run(node, [path.join('node_modules', '@angular', 'cli', 'bin', 'ng.js'), 'build'], { cwd: folder, env, timeoutMs: BUILD_MS });
  if (code !== 0) throw new SetupError(output);
  compressFiles(path.join(folder, 'dist', 'browser'));
  writeFileSync(stampFile(folder), sources);
}

// Started by ensureConsole itself, under the lock.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await buildNow(process.argv[2]);
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exit(1);
  }
}
