import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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

async function tryConsole(root: string, patience?: { limitMs: number; fetchMs: number }): Promise<{ code: number | null; output: string }> {
  const script = `import { tryConsole } from ${JSON.stringify(path.join(root, 'scripts/setup/console.mjs'))}; await tryConsole(${JSON.stringify(root)}, ${JSON.stringify(patience)}); console.log('goes on');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = new Promise<number | null>((resolve) => void child.once('close', resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await closed, output: out + err };
}

/** One with a package that only this registry could have. */
async function withPackage(registry: string): ReturnType<typeof clone> {
  const dependencies = { '@dbmaker-test/nowhere': '1.0.0' };
  const name = 'console';
  const lock = {
    name, lockfileVersion: 3, packages: { '': { name, dependencies }, 'node_modules/@dbmaker-test/nowhere': { version: '1.0.0', integrity: `sha512-${Buffer.alloc(64).toString('base64')}` } },
  };
  const copy = await clone({ 'package.json': { name, dependencies }, 'package-lock.json': lock });
  await writeFile(path.join(copy.path, 'console', '.npmrc'), `registry=${registry}\ncache=${path.join(copy.path, 'npm-cache')}\n`);
  return copy;
}

test('where the network swallows everything the packages of the console are given up after a bounded time, and the start goes on', LIMIT, async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1'); // takes connections and never answers
  await once(silent, 'listening');
  try {
    await using copy = await withPackage(`http://127.0.0.1:${String((silent.address() as AddressInfo).port)}/`);
    const tried = async (patience: { limitMs: number; fetchMs: number }): Promise<{ output: string; ms: number }> => {
      const began = performance.now();
      const { code, output } = await tryConsole(copy.path, patience);
      assert.equal(code, 0, output);
      assert.match(output, /DbMaker starts without its console\. The next start tries again\./);
      assert.match(output, /goes on/);
      return { output, ms: performance.now() - began };
    };
    const noAnswer = await tried({ limitMs: 60_000, fetchMs: 2000 });
    assert.match(noAnswer.output, /The npm registry cannot be reached\.[^]*What to do: /);
    assert.ok(noAnswer.ms < 30_000, `${noAnswer.ms.toFixed(0)} ms: two tries`);
    const late = await tried({ limitMs: 4000, fetchMs: 60_000 });
    assert.match(late.output, /not ready after 4 seconds[^]*What to do: run "npm ci" in \S+console/);
    assert.ok(late.ms < 20_000, `${late.ms.toFixed(0)} ms`);
  } finally {
    silent.closeAllConnections();
    silent.close();
  }
});

test('a console whose packages cannot be had is told of, with what to do, and the start goes on', LIMIT, async () => {
  await using copy = await withPackage('http://127.0.0.1:1/');
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
