import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { temporaryDirectory } from '../support/tmp.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const LIMIT = { timeout: 120_000 };

/** A copy of the scripts with a console of our choice beside them. */
async function clone(files: Readonly<Record<string, unknown>>): Promise<Awaited<ReturnType<typeof temporaryDirectory>>> {
  const copy = await temporaryDirectory('clone');
  await cp(path.join(ROOT, 'scripts'), path.join(copy.path, 'scripts'), { recursive: true });
  for (const folder of ['src', 'public']) await mkdir(path.join(copy.path, 'console', folder), { recursive: true });
  for (const name of ['angular.json', 'tsconfig.json', 'tsconfig.app.json', '.npmrc']) await writeFile(path.join(copy.path, 'console', name), '');
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(copy.path, 'console', name), typeof content === 'string' ? content : JSON.stringify(content));
  return copy;
}

async function tryConsole(root: string): Promise<{ code: number | null; output: string }> {
  const script = `import { tryConsole } from ${JSON.stringify(path.join(root, 'scripts/setup/console.mjs'))}; await tryConsole(${JSON.stringify(root)}); console.log('goes on');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = new Promise<number | null>((resolve) => void child.once('close', resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await closed, output: out + err };
}

test('a console whose packages cannot be had is told of, with what to do, and the start goes on', LIMIT, async () => {
  const dependencies = { '@dbmaker-test/nowhere': '1.0.0' };
  const name = 'console';
  const lock = {
    name, lockfileVersion: 3, packages: { '': { name, dependencies }, 'node_modules/@dbmaker-test/nowhere': { version: '1.0.0', integrity: `sha512-${Buffer.alloc(64).toString('base64')}` } },
  };
  await using copy = await clone({ 'package.json': { name, dependencies }, 'package-lock.json': lock });
  await writeFile(path.join(copy.path, 'console', '.npmrc'), `registry=http://127.0.0.1:1/\nfetch-retries=0\ncache=${path.join(copy.path, 'npm-cache')}\n`);
  const { code, output } = await tryConsole(copy.path);
  assert.equal(code, 0, output);
  assert.match(output, /The npm registry cannot be reached\.[^]*What to do: [^]*DbMaker starts without its console\./);
  assert.match(output, /goes on/);
});

test('without a console in the repository there is nothing to build', LIMIT, async () => {
  await using copy = await clone({});
  const { code, output } = await tryConsole(copy.path);
  assert.deepEqual([code, output], [0, 'goes on\n']);
});
