// npm run bench: set-up as for the tests, then test/bench/main.ts under the pinned Node.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDependencies, printError, run, SetupError } from './setup/index.mjs';
import { ensureDockerd } from './test/dockerd.mjs';
import { prepareSystem } from './test/system.mjs';

const HELP = `npm run bench [-- what ...]

Measures the promised figures beside what people would use without DbMaker, on this machine, with Docker (minutes, best on an idle
machine; as root on Debian it installs what it needs). Writes artifacts/bench.json.

  lifecycle  from creating or starting a database to its first query
  memory     what the server holds with many databases
  rows       lists and resyncs of a store with many rows
  --help     this text
Without a word: all of it.`;

const words = process.argv.slice(2);
if (words.includes('--help') || words.includes('-h')) {
  console.log(HELP);
  process.exit(0);
}
const unknown = words.find((word) => !['lifecycle', 'memory', 'rows'].includes(word));
if (unknown !== undefined) {
  printError(new SetupError(`There is nothing to measure that is called ${unknown}.`, { remedy: 'see npm run bench -- --help' }));
  process.exit(1);
}

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const scratch = mkdtempSync(path.join(tmpdir(), 'dbm-bench-'));
let stopDocker = async () => {};
try {
  await ensureDependencies(ROOT);
  await prepareSystem({ ci: true, docker: true, without: [] }); // every figure or none
  stopDocker = await ensureDockerd(scratch);
  const { code, output } = await run(process.execPath, ['scripts/images.mjs', '--offline'], { what: 'Building the database images', cwd: ROOT });
  if (code !== 0) throw new SetupError(`The images could not be built:\n${output}`);
  process.exitCode = await benchmarks();
} catch (error) {
  printError(error);
  process.exitCode = 1;
} finally {
  await stopDocker();
  rmSync(scratch, { recursive: true, force: true });
}

function benchmarks() {
  return new Promise((resolve, reject) => {
    const child = spawn(path.join(ROOT, 'node_modules', '.bin', 'node'), ['test/bench/main.ts', ...process.argv.slice(2)], { cwd: ROOT, stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
