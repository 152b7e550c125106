/** What the live stream tells of containers that are hurt, on a Docker Engine of the test's own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read, write } from '../support/clients.ts';
import { docker, ensureImages, REDIS_IMAGE, startPrivateDockerd } from '../support/docker.ts';
import { EventClient } from '../support/event-source.ts';
import { makePerson } from '../support/person.ts';
import { startServer } from '../support/server.ts';

/** Of a whole test suite on two cores; the figure proper is measured by `npm run bench -- watch-kill`. */
const SOON_MS = 1000;

test('a container that is killed or removed by hand shows in the stream and in the API within a second, and comes back with its data; the stream outlives a restart of Docker', { timeout: 240_000 }, async () => {
  await ensureImages();
  await using dockerd = await startPrivateDockerd();
  await dockerd.load(REDIS_IMAGE);
  await using server = await startServer({ runtime: 'docker', env: { DOCKER_HOST: `unix://${dockerd.socketPath}` } });
  const ann = await makePerson(server, 'ann');
  const { id } = await ann.create({ template: 'redis', name: 'cache', resources: { memory: '64MB', cpus: 0.5 } });
  const login = await ann.connection(id);
  await write('redis', login, 7);
  using stream = await EventClient.open(`${server.url}/events/containers`, ann.token);
  await stream.until('the snapshot', ({ messages }) => messages.length > 0);
  const count = (type: string): number => stream.events.filter(({ data }) => data['type'] === type).length;

  for (const [index, hurt] of [['kill', `dbmaker-${id}`], ['rm', '-f', `dbmaker-${id}`]].entries()) {
    await docker(dockerd.socketPath, hurt);
    const done = performance.now();
    await stream.until(`the end after docker ${hurt[0] ?? ''}`, () => count('instance.crashed') > index);
    const after = (stream.events.filter(({ data }) => data['type'] === 'instance.crashed').at(-1)?.at ?? Infinity) - done;
    assert.ok(after < SOON_MS, `told ${Math.round(after)} ms after docker ${hurt[0] ?? ''} had returned`);
    assert.notEqual((await ann.must<{ items: { type: string }[] }>(200, 'GET', `/api/containers/${id}/events`)).items.at(-1)?.type, 'instance.created');
    await stream.until('it to run again', () => count('instance.running') > index, 30_000);
    assert.deepEqual(await read('redis', login), [7]);
  }

  await dockerd.stop();
  await dockerd.start();
  await stream.until('it to run again after the restart of Docker', () => count('instance.running') > 2, 60_000);
  assert.equal(stream.ended, false);
  assert.deepEqual(await read('redis', login), [7]);
  // Nothing was left out and nothing told twice: the same events, in the same order, as one who begins at the beginning is told.
  using again = await EventClient.open(`${server.url}/events/containers`, ann.token, '0');
  const ids = (client: EventClient): (string | null)[] => client.events.map((message) => message.id);
  await again.until('all of it', () => ids(again).at(-1) === ids(stream).at(-1));
  assert.deepEqual(ids(again).slice(-stream.events.length), ids(stream));
});
