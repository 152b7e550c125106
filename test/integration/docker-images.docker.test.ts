import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { createConnection } from 'node:net';
import path from 'node:path';
import { before, test } from 'node:test';
import type { Endpoint } from '../../src/domain/endpoint.ts';
import type { Workload } from '../../src/domain/ports/runtime.ts';
import { dockerHome } from '../support/docker-home.ts';
import { REDIS_IMAGE, docker, ensureDocker, ensureImages } from '../support/docker.ts';
import { temporaryDirectory } from '../support/tmp.ts';
import { run } from '../support/run.ts';
import { waitFor } from '../support/wait.ts';
import { makeWorkload } from '../contract/runtime/world.ts';

let socketPath: string;

before(async () => {
  socketPath = await ensureDocker();
  await ensureImages();
});

/** Says its name to whoever connects. perl is all that our base has. */
const SERVER = 'use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 7000, Listen => 5, ReuseAddr => 1) or die; '
  + '$SIG{TERM} = sub { exit 0 }; while (my $c = $s->accept) { print $c "hello from $$ as $<\\n"; close $c }';

/** An image that is none of ours, made from our base. */
async function foreignImage(name: string, dockerfile: string): Promise<AsyncDisposable & { readonly image: string }> {
  await using context = await temporaryDirectory('image');
  const image = `dbm-test-${name}:${process.pid}`;
  await run('/bin/sh', ['-c', 'printf %s "$2" > "$1/Dockerfile"; printf %s "$3" > "$1/server.pl"', 'sh', context.path, dockerfile, SERVER]);
  await run('/usr/bin/env', ['DOCKER_BUILDKIT=0', 'docker', '-H', `unix://${socketPath}`, 'build', '-q', '-t', image, context.path], { timeoutMs: 120_000 });
  return { image, [Symbol.asyncDispose]: async () => {
    await docker(socketPath, ['rmi', '-f', image]);
  } };
}

const generic = (image: string, changes: Partial<Workload> = {}): Workload => ({
  ...makeWorkload('redis', image), engine: 'generic', command: null, environment: {}, dataPath: null, endpoint: { kind: 'tcp', port: 7000 }, ...changes,
});

async function hear(endpoint: Endpoint | null): Promise<string> {
  if (endpoint?.kind !== 'tcp') throw new Error('no TCP endpoint');
  const socket = createConnection({ host: endpoint.host, port: endpoint.port, timeout: 2_000 });
  const chunks: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('a TCP-only image is reached at a port of the loopback, also after a restart, and reaches neither its neighbours nor the world', async () => {
  await using image = await foreignImage('tcp', 'FROM dbmaker/base:bookworm\nCOPY server.pl /\nUSER daemon\nCMD ["perl", "/server.pl"]\n');
  await using home = await dockerHome(socketPath);
  const { runtime } = home;
  const [one, two] = [generic(image.image), generic(image.image)];
  for (const workload of [one, two]) {
    await runtime.prepare(workload, () => undefined);
    await runtime.create(workload);
    await runtime.start(workload);
  }
  for (const times of [1, 2]) {
    await waitFor(async () => (await hear((await runtime.observe(one.id)).endpoint)).startsWith('hello'), { what: `an answer, run ${times}` });
    const { endpoint } = await runtime.observe(one.id);
    assert.match(endpoint?.kind === 'tcp' ? endpoint.host : '', /^127\.77\./);
    const listed = await runtime.observeAll();
    assert.deepEqual(listed.find(({ id }) => id === one.id)?.endpoint, endpoint);
    await runtime.stop(one.id, { graceMs: 5_000 });
    assert.equal((await runtime.observe(one.id)).endpoint, null);
    await runtime.start(one);
  }
  for (const { id } of [one, two]) await waitFor(async () => (await hear((await runtime.observe(id)).endpoint)).startsWith('hello'), { what: 'an answer of both' });
  const neighbour = (await home.docker('inspect', '-f', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', `dbmaker-${two.id}`)).trim();
  const reach = 'use IO::Socket::INET; print IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => 7000, Timeout => 2) ? "reached" : "no"';
  assert.equal((await runtime.exec(one.id, ['perl', '-e', reach, neighbour])).stdout, 'no');
  assert.equal((await runtime.exec(one.id, ['perl', '-e', reach, '127.0.0.1'])).stdout, 'reached', 'the probe itself works');
});

test('where a TCP-only instance was, no neighbour ever is, whichever port Docker deals it: an old route leads nowhere', async () => {
  await using image = await foreignImage('moved', 'FROM dbmaker/base:bookworm\nCOPY server.pl /\nUSER daemon\nCMD ["perl", "/server.pl"]\n');
  await using home = await dockerHome(socketPath);
  const { runtime } = home;
  const [one, two] = [generic(image.image), generic(image.image)];
  const start = async (workload: Workload): Promise<Endpoint & { kind: 'tcp' }> => {
    await runtime.create(workload);
    await runtime.start(workload);
    await waitFor(async () => (await hear((await runtime.observe(workload.id)).endpoint)).startsWith('hello'), { what: 'an answer' });
    const { endpoint } = await runtime.observe(workload.id);
    if (endpoint?.kind !== 'tcp') throw new Error('no TCP endpoint');
    return endpoint;
  };
  const before = await start(one);
  await runtime.stop(one.id, { graceMs: 1_000 });
  const neighbour = await start(two);
  assert.notEqual(neighbour.host, before.host);
  for (const port of [before.port, neighbour.port]) await assert.rejects(hear({ ...before, port }), { code: 'ECONNREFUSED' }, 'also at the port that the neighbour has now');
  assert.equal((await start(one)).host, before.host, 'it keeps its own');
});

test('an image that starts as root, as the official ones do, can hand its data to its user and become it', async () => {
  const entry = 'mkdir -p /data && chown 999:999 /data && chmod 700 /data && exec setpriv --reuid=999 --regid=999 --clear-groups sh -c "date > /data/kept.$$; exec perl /server.pl"';
  await using image = await foreignImage('root', `FROM dbmaker/base:bookworm\nCOPY server.pl /\nCMD ["sh", "-c", ${JSON.stringify(entry)}]\n`);
  await using home = await dockerHome(socketPath);
  const { runtime } = home;
  const workload = generic(image.image, { dataPath: '/data' });
  await runtime.create(workload);
  await runtime.start(workload);
  await waitFor(async () => (await hear((await runtime.observe(workload.id)).endpoint)).includes('as 999'), { what: 'the image\'s own user' });
  const data = path.join(home.path, 'instances', workload.id, 'data');
  assert.equal((await stat(data)).uid, 999);
  await runtime.create(workload); // again: what the image has taken stays its own
  assert.equal((await stat(data)).uid, 999);
  assert.equal((await stat(data)).mode & 0o777, 0o700);
  await runtime.remove(workload.id);
  assert.deepEqual(await runtime.observeAll(), []);
});

test('an image with a named user can write to its data', async () => {
  const script = 'id -un > /data/who && exec perl /server.pl';
  await using image = await foreignImage('named', `FROM dbmaker/base:bookworm\nCOPY server.pl /\nUSER games\nCMD ["sh", "-c", ${JSON.stringify(script)}]\n`);
  await using home = await dockerHome(socketPath);
  const workload = generic(image.image, { dataPath: '/data' });
  await home.runtime.create(workload);
  await home.runtime.start(workload);
  const who = await waitFor(() => readFile(path.join(home.path, 'instances', workload.id, 'data/who'), 'utf8'), { what: 'the file' });
  assert.equal(who, 'games\n');
});

test('an image that is nowhere is told in words', async () => {
  await using home = await dockerHome(socketPath);
  const workload = generic('dbmaker-no-such-registry.invalid/nothing:1');
  await assert.rejects(home.runtime.create(workload), { code: 'image_missing', message: /dbmaker-no-such-registry.invalid\/nothing:1/ });
  const steps: string[] = [];
  await assert.rejects(home.runtime.prepare(workload, ({ message }) => void steps.push(message)), { code: 'image_missing', message: /registry does not answer/ });
  assert.deepEqual(steps, ['Pulling dbmaker-no-such-registry.invalid/nothing:1']);
  const cancel = new AbortController();
  cancel.abort();
  await assert.rejects(home.runtime.prepare(workload, () => undefined, cancel.signal), { code: 'cancelled' });
});

test('a program that is not in the image, and one that ends at once, are told apart', async () => {
  await using home = await dockerHome(socketPath);
  const { runtime } = home;
  const missing = makeWorkload('redis', REDIS_IMAGE, { command: ['no-such-program'] });
  await runtime.create(missing);
  await runtime.start(missing); // our entrypoint finds out
  await waitFor(async () => (await runtime.observe(missing.id)).exitCode === 127, { what: 'the exit code of a missing program' });
  const foreign = generic('dbmaker/base:bookworm', { engine: 'redis', command: ['no-such-program'] }); // without docker-init in between
  await runtime.create(foreign);
  await assert.rejects(runtime.start(foreign), { code: 'exited_at_start', message: /no-such-program.*not found/ });
  const failing = generic('dbmaker/base:bookworm', { command: ['sh', '-c', 'echo because >&2; exit 42'] });
  await runtime.create(failing);
  await runtime.start(failing);
  await waitFor(async () => (await runtime.observe(failing.id)).exitCode === 42, { what: 'the exit code' });
  const lines: string[] = [];
  for await (const { stream, text } of runtime.logs(failing.id, { tail: 5, follow: true })) lines.push(`${stream}: ${text}`);
  assert.deepEqual(lines, ['stderr: because']);
});
