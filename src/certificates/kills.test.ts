import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { quietLog } from '../../test/support/quiet-log.ts';
import { temporaryDirectory } from '../../test/support/tmp.ts';
import { systemClock } from '../main/clock.ts';
import { openEmbedded } from './embedded.ts';
import { issue } from './issue/issue.ts';
import type { Issue } from './issue/request.ts';
import { readPair } from './pair.ts';
import type { Pair } from './pair.ts';
import { namesFor } from './server-certificate.ts';
import { openTicketKeys } from './ticket-keys.ts';

const DOMAIN = 'db.example.com';
const DAY_MS = 86_400_000;
const here = (file: string): string => JSON.stringify(path.join(import.meta.dirname, file));

/** An authority and certificates under it, made once: what is killed here is the writing of files, some hundred times. */
interface Made { readonly ca: Pair; readonly server: Pair; readonly old: Pair }
let first: Made;
let second: Made;

async function make(): Promise<Made> {
  const now = Date.now();
  const ca = await issue({ kind: 'authority', name: 'DbMaker local CA 00000000', notBefore: now - DAY_MS, notAfter: now + 1000 * DAY_MS });
  const server = (days: number): Promise<Pair> => issue({ kind: 'server', authority: ca, names: namesFor(DOMAIN), notBefore: now - DAY_MS, notAfter: now + days * DAY_MS });
  return { ca, server: await server(300), old: await server(10) };
}
before(async () => {
  [first, second] = [await make(), await make()];
});

/** Hands out the made ones, for whichever authority is asked. */
const issueFrom = (...all: Made[]): Issue => async (request) => {
  const made = all.find(({ ca }) => request.kind === 'authority' || ca.key === request.authority.key);
  assert.ok(made);
  return request.kind === 'authority' ? made.ca : made.server;
};

/** A gateway's start in a process of its own that kills itself (SIGKILL) before the n-th call of node:fs. */
const KILLED_START = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const [home, made, border] = process.argv.slice(1);
const { first } = JSON.parse(fs.readFileSync(made, 'utf8'));
let left = Infinity;
const strike = () => { if (--left < 0) process.kill(process.pid, 'SIGKILL'); };
for (const name of ['chmodSync', 'closeSync', 'fsyncSync', 'linkSync', 'mkdirSync', 'openSync', 'readdirSync', 'readFileSync', 'renameSync', 'statSync', 'unlinkSync', 'writeSync']) {
  const real = fs[name];
  fs[name] = (...argv) => { strike(); return real(...argv); };
}
syncBuiltinESMExports();
const { openEmbedded } = await import(${here('embedded.ts')});
const { openTicketKeys } = await import(${here('ticket-keys.ts')});
const { systemClock } = await import(${here('../main/clock.ts')});
const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
const issue = async ({ kind }) => (kind === 'authority' ? first.ca : first.server);
left = Number(border);
const ticketKeys = openTicketKeys(home, Date.now(), log);
await openEmbedded({ directory: home, domain: '${DOMAIN}', clock: systemClock, log, issue, ticketKeys });
left = Infinity;
process.stdout.write('whole');
`;

async function killedStart(directory: string, made: string, border: number): Promise<'killed' | 'whole'> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', KILLED_START, directory, made, String(border)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  const [out, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [, signal] = (await exited) as [number | null, string | null];
  if (signal === 'SIGKILL') return 'killed';
  assert.equal(out, 'whole', said);
  return 'whole';
}

async function look(directory: string) {
  const names = await readdir(directory).catch((): string[] => []);
  const read = async (name: string): Promise<string | null> => (names.includes(name) ? readFile(path.join(directory, name), 'utf8') : null);
  return { names, secret: await read('ca.key'), copy: await read('ca.pem'), newest: await read(names.filter((name) => /^server-\d+\.pem$/.test(name)).sort().at(-1) ?? '') };
}

/** Kills a start at every border in turn; after each, what lies there is whole, and the next start finishes the work. */
async function killEverywhere(prepare: (directory: string) => Promise<void>): Promise<number> {
  await using scratch = await temporaryDirectory('kills');
  const made = path.join(scratch.path, 'made.json');
  await writeFile(made, JSON.stringify({ first }));
  for (let border = 0; ; border += 1) {
    const directory = path.join(scratch.path, `home-${border}`, 'certificates');
    await prepare(directory);
    const end = await killedStart(directory, made, border);
    const left = await look(directory);
    const context = `killed at border ${border}: ${left.names.join(' ')}`;
    for (const pem of [left.secret, left.newest]) {
      if (pem !== null) assert.doesNotThrow(() => readPair({ key: pem, certificate: pem }), context);
    }
    if (left.copy !== null) assert.ok(left.secret?.includes(left.copy), context);

    const { authority, stop } = await openEmbedded({
      directory, domain: DOMAIN, clock: systemClock, log: quietLog, issue: issueFrom(second, first), ticketKeys: openTicketKeys(directory, Date.now(), quietLog),
    });
    stop();
    // An authority that could have been seen stays for good; only where there was none the second start makes its own.
    assert.equal(authority, left.secret === null ? second.ca.certificate : first.ca.certificate, context);
    const { names, newest, copy } = await look(directory);
    assert.equal(copy, authority, context);
    assert.ok(new X509Certificate(newest ?? '').verify(new X509Certificate(authority ?? '').publicKey), context);
    assert.equal(names.filter((name) => !name.endsWith('.draft')).length, 4, context);
    if (end === 'whole') return border;
  }
}

describe('kill -9', () => {
  it('at every step of the first start leaves no authority or a whole one, which then stays', async () => {
    const borders = await killEverywhere(async () => undefined);
    assert.ok(borders > 40, `only ${borders} borders`);
  });

  it('at every step of a renewal leaves the old pair or the new one', async () => {
    const borders = await killEverywhere(async (directory) => {
      await mkdir(directory, { recursive: true });
      await writeFile(path.join(directory, 'ca.key'), first.ca.key + first.ca.certificate, { mode: 0o600 });
      await writeFile(path.join(directory, 'ca.pem'), first.ca.certificate);
      await writeFile(path.join(directory, 'server-1.pem'), first.old.key + first.old.certificate, { mode: 0o600 });
    });
    assert.ok(borders > 25, `only ${borders} borders`);
  });

  it('leaves drafts, which a start an hour later removes', async () => {
    await using home = await temporaryDirectory('kills');
    const [old, fresh] = ['ca.key.0123456789ab.draft', 'ca.key.ba9876543210.draft'].map((name) => path.join(home.path, name)) as [string, string];
    await writeFile(old, 'x');
    await writeFile(fresh, 'x');
    await utimes(old, Date.now() / 1000 - 3700, Date.now() / 1000 - 3700);
    (await openEmbedded({ directory: home.path, domain: DOMAIN, clock: systemClock, log: quietLog, issue: issueFrom(first), ticketKeys: () => undefined })).stop();
    assert.deepEqual((await readdir(home.path)).filter((name) => name.endsWith('.draft')), [path.basename(fresh)]);
  });
});

/** A gateway as it starts in production, told when: so that several do it at the same moment. */
const START = `
import { openCertificates } from ${here('index.ts')};
import { systemClock } from ${here('../main/clock.ts')};
import { once } from 'node:events';
const say = (fields, line) => process.stderr.write(line + JSON.stringify(fields) + '\\n');
const log = { debug() {}, info() {}, warn: say, error: say, child: () => log };
process.stdout.write('ready\\n');
await once(process.stdin, 'data');
const { authority, current, stop } = await openCertificates({ home: process.argv[1], domain: '${DOMAIN}', files: null, clock: systemClock, log });
stop();
process.stdout.write(JSON.stringify({ authority, notAfter: current.notAfter, names: current.names }) + '\\n');
process.stdin.destroy();
`;

describe('several gateways of one home', () => {
  it('that start at once agree on one authority and one certificate, also when some of them are killed meanwhile', async () => {
    for (const killedAfterMs of [null, 30, 150, 300]) {
      await using home = await temporaryDirectory('kills');
      const children = Array.from({ length: 4 }, () => spawn(process.execPath, ['--input-type=module', '-e', START, home.path], { stdio: 'pipe' }));
      const ended = children.map((child) => Promise.all([text(child.stderr), once(child, 'exit')]));
      await Promise.all(children.map((child) => once(child.stdout, 'data')));
      const answers = children.map((child) => text(child.stdout));
      for (const child of children) child.stdin.on('error', () => undefined).write('go\n');
      if (killedAfterMs !== null) {
        await pause(killedAfterMs);
        for (const child of children.slice(0, 2)) child.kill('SIGKILL');
      }
      const said = await Promise.all(answers);
      assert.deepEqual((await Promise.all(ended)).map(([complaints]) => complaints), ['', '', '', '']);
      const whole = said.filter((answer) => answer.endsWith('\n'));
      assert.ok(whole.length >= (killedAfterMs === null ? 4 : 2));
      assert.equal(new Set(whole).size, 1, 'all present the same');
      const names = (await readdir(path.join(home.path, 'certificates'))).filter((name) => !name.endsWith('.draft'));
      assert.deepEqual(names.sort(), ['ca.key', 'ca.pem', 'server-1.pem', 'tickets.key']);
    }
  });
});
