// Checks of the console: it can be built (which checks its types and templates), is small enough, its lint, and its unit tests. Part of npm run check.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureConsole } from '../setup/console.mjs';
import { printError, run, SetupError } from '../setup/index.mjs';
import { firstPageBytes } from './first-page-bytes.mjs';

const ROOT = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const FOLDER = path.join(ROOT, 'console');
const NODE = path.join(ROOT, 'node_modules', '.bin', 'node');
const MOST_BYTES = 250 * 1024;

const TOOLS = [
  ['eslint', 'eslint/bin/eslint.js', '--max-warnings=0', '--cache', '--cache-strategy=content', '--cache-location=node_modules/.cache/eslint/', '.'],
  ['unit tests', '@angular/cli/bin/ng.js', 'test', '--watch=false'],
];

try {
  await ensureConsole(ROOT);
  const bytes = firstPageBytes(path.join(FOLDER, 'dist', 'browser'));
  if (bytes > MOST_BYTES) throw new SetupError(`The first page of the console takes ${bytes} bytes (gzip); it may take ${MOST_BYTES}.`, { remedy: 'load by route what only some pages need' });
  const env = { ...process.env, PATH: `${path.dirname(NODE)}${path.delimiter}${process.env.PATH ?? ''}`, NG_CLI_ANALYTICS: 'false', NO_COLOR: '1', CI: '1' };
  for (const [what, file, ...args] of TOOLS) {
    const { code, output } = await run(NODE, [path.join('node_modules', file), ...args], { cwd: FOLDER, env, timeoutMs: 300_000 });
    if (code !== 0) throw new SetupError(`The console's ${what} failed:\n${output.trimEnd()}`);
  }
} catch (error) {
  printError(error);
  process.exitCode = 1;
}
