import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import path from 'node:path';
import { test } from 'node:test';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { temporaryDirectory } from '../../../test/support/tmp.ts';
import { waitFor } from '../../../test/support/wait.ts';
import { createClient, type DockerClient } from './client.ts';

interface Engine extends AsyncDisposable {
  readonly client: DockerClient;
  readonly clock: ManualClock;
  /** Requests that have come in so far. */
  readonly asked: ServerResponse[];
}

/** Something that listens where an engine should, and answers as the test says: a real one cannot be made to keep silent. */
async function engineThat(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Engine> {
  const home = await temporaryDirectory('docker-client');
  const asked: ServerResponse[] = [];
  const server = createServer((request, response) => {
    asked.push(response);
    answer(request, response);
  });
  const where = path.join(home.path, 'docker.sock');
  server.listen(where);
  await once(server, 'listening');
  const clock = new ManualClock();
  return {
    client: createClient(where, clock), clock, asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await home[Symbol.asyncDispose]();
    },
  };
}
const silent = (): void => undefined;
const inspect = ({ docker }: DockerClient) => (abortSignal: AbortSignal): Promise<unknown> => docker.getContainer('c').inspect({ abortSignal });

for (const kind of ['call', 'open'] as const) {
  test(`${kind}: an engine that is silent is called unavailable after 10 seconds of the clock, or after what the caller says, not before`, async () => {
    for (const [options, limitMs] of [[{}, 10_000], [{ timeoutMs: 60_000 }, 60_000]] as const) {
      await using engine = await engineThat(silent);
      let settled = false;
      const asking = engine.client[kind]('ask', inspect(engine.client), options).finally(() => (settled = true));
      asking.catch(() => undefined);
      await waitFor(() => engine.asked.length === 1, { what: 'the engine to be asked' });
      engine.clock.advance(limitMs - 1);
      await new Promise((resolve) => void setImmediate(resolve));
      assert.equal(settled, false);
      engine.clock.advance(1);
      await assert.rejects(asking, { code: 'runtime_unavailable' });
    }
  });

  test(`${kind}: whoever does not want it any more gets 'cancelled', though the time is over later`, async () => {
    await using engine = await engineThat(silent);
    const unwanted = new AbortController();
    const asking = engine.client[kind]('ask', inspect(engine.client), { signal: unwanted.signal });
    asking.catch(() => undefined);
    unwanted.abort();
    engine.clock.advance(60_000);
    await assert.rejects(asking, { code: 'cancelled' });
  });

  test(`${kind}: an answer in time leaves no timer`, async () => {
    await using engine = await engineThat((_request, response) => void response.end('{}'));
    await engine.client[kind]('ask', inspect(engine.client));
    assert.equal(engine.clock.nextAt(), null);
  });
}

test('the limit of a stream ends with its head: a stream may take as long as it likes, until its signal ends it', async () => {
  await using engine = await engineThat((_request, response) => void response.write('{"status":"a"}\n'));
  const ending = new AbortController();
  const stream = await engine.client.open('follow', (abortSignal) => engine.client.docker.getEvents({ abortSignal }), { signal: ending.signal });
  const texts: string[] = [];
  stream.on('data', (chunk: Buffer) => texts.push(chunk.toString())).on('error', () => undefined);
  engine.clock.advance(24 * 60 * 60_000);
  engine.asked[0]?.write('{"status":"b"}\n');
  await waitFor(() => texts.join('').includes('"b"'), { what: 'what the engine told a day later' });
  const ended = once(engine.asked[0]!, 'close');
  ending.abort();
  await ended;
});
