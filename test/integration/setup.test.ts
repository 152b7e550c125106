import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { quickest } from '../support/quickest.ts';
import { temporaryDirectory } from '../support/tmp.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const LIMIT = { timeout: 120_000 };

/** `npm start` as npm runs it, in a copy of the scripts beside a package of our choice. */
async function start(root: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}, script = 'scripts/start.mjs'): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [path.join(root, script), ...argv], { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = new Promise<number | null>((resolve) => void child.once('close', resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await closed, output: out + err };
}

/** A fresh clone with just one dependency, from a registry that is not there. */
async function freshClone(registry: string): Promise<Awaited<ReturnType<typeof temporaryDirectory>>> {
  const clone = await temporaryDirectory('clone');
  await cp(path.join(ROOT, 'scripts'), path.join(clone.path, 'scripts'), { recursive: true });
  const dependencies = { '@dbmaker-test/nowhere': '1.0.0' };
  const integrity = `sha512-${Buffer.alloc(64).toString('base64')}`;
  await writeFile(path.join(clone.path, 'package.json'), JSON.stringify({ name: 'clone', version: '1.0.0', dependencies }));
  await writeFile(path.join(clone.path, 'package-lock.json'), JSON.stringify({
    name: 'clone', version: '1.0.0', lockfileVersion: 3, packages: { '': { name: 'clone', version: '1.0.0', dependencies }, 'node_modules/@dbmaker-test/nowhere': { version: '1.0.0', integrity } },
  }));
  await writeFile(path.join(clone.path, '.npmrc'), `registry=${registry}\nfetch-retries=0\ncache=${path.join(clone.path, 'npm-cache')}\n`);
  return clone;
}

test('npm start -- --help lists every setting that there is', LIMIT, async () => {
  const { code, output } = await start(ROOT, ['--help']);
  assert.equal(code, 0);
  const known = new Set((await readFile(path.join(ROOT, 'src/config/config.ts'), 'utf8')).match(/DBMAKER_[A-Z_]+[A-Z]/g));
  assert.ok(known.size > 10);
  for (const name of known) assert.ok(output.includes(`${name} `), `${name} is not in the help`);
  for (const name of output.match(/DBMAKER_[A-Z_]+[A-Z]/g) ?? []) assert.ok(known.has(name), `${name} is not a setting`);
});

test('an unknown option is refused with the way to the help', LIMIT, async () => {
  const { code, output } = await start(ROOT, ['--prot=1']);
  assert.equal(code, 1);
  assert.match(output, /Unknown option --prot=1\.\nWhat to do: npm start -- --help/);
});

test('npm run bench -- --help says what there is to measure, and measures nothing; a word that is none of it is refused', LIMIT, async () => {
  await using clone = await freshClone('http://127.0.0.1:1/'); // set-up would fail here
  const bench = async (word: string): Promise<{ code: number | null; output: string }> => start(clone.path, [word], {}, 'scripts/bench.mjs');
  const help = await bench('--help');
  assert.equal(help.code, 0, help.output);
  const main = await readFile(path.join(ROOT, 'test/bench/main.ts'), 'utf8');
  for (const [, name] of main.matchAll(/wanted\('(\w+)'\)/g)) assert.match(help.output, new RegExp(`^  ${name ?? ''} `, 'm'));
  for (const word of ['--fast', 'lifecicle']) {
    const refused = await bench(word);
    assert.equal(refused.code, 1);
    assert.match(refused.output, new RegExp(`${word}[^]*npm run bench -- --help`));
  }
});

test('set-up that is complete adds less than 300 ms and says nothing', LIMIT, async () => {
  await start(ROOT, ['--setup-only'], { DBMAKER_RUNTIME: 'process' }); // a run of this file alone may find the console not built yet
  const took = await quickest(async () => {
    const { code, output } = await start(ROOT, ['--setup-only'], { DBMAKER_RUNTIME: 'process' });
    assert.deepEqual({ code, output }, { code: 0, output: '' });
  }, { tries: 5, most: 40, bound: 300 });
  assert.ok(took < 300, `took ${took} ms`);
});

test('without a network, npm start says so and what to do, without a stack', LIMIT, async () => {
  const closed = net.createServer();
  await new Promise<void>((resolve) => void closed.listen(0, '127.0.0.1', resolve));
  const { port } = closed.address() as net.AddressInfo;
  await new Promise<void>((resolve) => void closed.close(() => resolve()));
  await using clone = await freshClone(`http://127.0.0.1:${port}/`);
  const { code, output } = await start(clone.path, ['--setup-only']);
  assert.equal(code, 1);
  assert.match(output, /The npm registry cannot be reached\.\nnpm said:\n(.*\n)+What to do: check the network/);
  assert.doesNotMatch(output, /\n\s+at /);
});

test('a node_modules that was left half made is not taken for an installation', LIMIT, async () => {
  await using clone = await freshClone('http://127.0.0.1:9/');
  await mkdir(path.join(clone.path, 'node_modules/.bin'), { recursive: true });
  await writeFile(path.join(clone.path, 'node_modules/.package-lock.json'), '{"packages": {');
  await symlink(process.execPath, path.join(clone.path, 'node_modules/.bin/node'));
  const { code, output } = await start(clone.path, ['--setup-only']);
  assert.equal(code, 1);
  assert.match(output, /^Installing what DbMaker needs/);
});
