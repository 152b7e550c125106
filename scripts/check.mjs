// npm run check: types, lint, import rules and unused code, all at once. Shows only what fails.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { printError, ensureDependencies, run } from './setup/index.mjs';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const BIN = path.join(ROOT, 'node_modules', '.bin');

const CHECKS = [
  { name: 'types (tsc)', argv: ['tsc', '--noEmit', '--pretty', 'false', '--incremental', '--tsBuildInfoFile', 'node_modules/.cache/tsc.tsbuildinfo'] },
  { name: 'lint (eslint)', argv: ['eslint', '--max-warnings=0', '--cache', '--cache-strategy=content', '--cache-location=node_modules/.cache/eslint/', '.'] },
  { name: 'import rules (dependency-cruiser)', argv: ['depcruise', '--config', '.dependency-cruiser.cjs', 'src'] },
  { name: 'unused code (knip)', argv: ['knip', '--no-progress', '--no-config-hints'] },
  { name: 'console (build, size, lint, unit tests)', argv: ['node', 'scripts/console/check.mjs'] },
];

/** Runs every check. @returns {Promise<boolean>} whether all passed */
export async function runChecks() {
  // The tools start with `#!/usr/bin/env node`: let that be the pinned one.
  const env = { ...process.env, PATH: `${BIN}${path.delimiter}${process.env.PATH ?? ''}`, NO_COLOR: '1', FORCE_COLOR: '0' };
  const results = await Promise.all(CHECKS.map(async ({ name, argv: [tool, ...args] }) => {
    const started = Date.now();
    const { code, output } = await run(path.join(BIN, tool), args, { cwd: ROOT, env, timeoutMs: 600_000 });
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'}  ${name}  ${((Date.now() - started) / 1000).toFixed(1)} s${code === 0 ? '' : `\n${output.trimEnd()}\n`}`);
    return code === 0;
  }));
  return results.every(Boolean);
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await ensureDependencies(ROOT);
    process.exitCode = (await runChecks()) ? 0 : 1;
  } catch (error) {
    printError(error);
    process.exitCode = 1;
  }
}
