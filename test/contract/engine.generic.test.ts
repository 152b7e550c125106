import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import type { EngineTarget } from '../../src/domain/ports/engine.ts';
import { generic } from '../../src/engines/generic/engine.ts';
import { systemClock } from '../../src/main/clock.ts';
import { createConnect } from '../../src/net/connect.ts';

/** Any TCP service, since that is what the engine is for. */
async function listening(behave: (socket: Socket) => void): Promise<AsyncDisposable & { target: EngineTarget; server: Server }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    behave(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connect = createConnect(systemClock);
  const { port } = server.address() as AddressInfo;
  return {
    target: { connect: () => connect({ kind: 'tcp', host: '127.0.0.1', port }), username: 'u', password: 'p', database: '', clock: systemClock },
    server,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => void server.close(resolve));
    },
  };
}

describe('engine generic', () => {
  test('is ready when a connection stays open, silent or greeting', async () => {
    for (const behave of [(): void => undefined, (socket: Socket) => void socket.write('220 hello\r\n')]) {
      await using service = await listening(behave);
      assert.deepEqual(await generic.probe(service.target), { state: 'ready' });
    }
  });

  test('is starting while nobody listens, or while a port proxy closes every connection at once', async () => {
    for (const behave of [(socket: Socket) => void socket.end(), (socket: Socket) => void socket.destroy(), (socket: Socket) => void socket.resetAndDestroy()]) {
      await using service = await listening(behave);
      assert.equal((await generic.probe(service.target)).state, 'starting');
    }
    const gone = await listening(() => undefined);
    await gone[Symbol.asyncDispose]();
    assert.equal((await generic.probe(gone.target)).state, 'starting');
  });

  test('says what it cannot do instead of guessing', async () => {
    await using service = await listening(() => undefined);
    await generic.ensureAccess(service.target, { dataPath: null });
    await assert.rejects(generic.rotatePassword(service.target, 'next'), { code: 'unsupported' });
    await assert.rejects(generic.activity(service.target), { code: 'unsupported' });
    assert.equal(await generic.version(service.target), '');
    assert.equal(await generic.size(service.target), 0);
  });
});
