import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { isDbmakerError } from '../../src/domain/errors.ts';
import type { Engine, EngineTarget } from '../../src/domain/ports/engine.ts';
import { systemClock } from '../../src/main/clock.ts';
import { createConnect } from '../../src/net/connect.ts';
import { temporaryDirectory } from '../support/tmp.ts';
import { waitFor } from '../support/wait.ts';

/** A session of somebody else, as an owner's program holds it. */
export interface OwnersSession extends AsyncDisposable {
  /** Runs something harmless; rejects when the session is dead. */
  use(): Promise<unknown>;
}

/** A real server with a login of its own for each test. */
export interface EngineServer extends AsyncDisposable {
  readonly target: EngineTarget;
  /** Where the server says that it keeps its data. */
  readonly dataPath: string;
  /** Everything that the server has logged. */
  log(): string;
  /** kill -9, then it comes back by itself; returns while it does. */
  crash(): Promise<void>;
  /** The engine's first step of a rotation, as if we had been killed right after it. */
  applyOnly(nextPassword: string): Promise<void>;
  /** Writes `bytes` of data that the engine counts. */
  fill(bytes: number): Promise<void>;
  session(): Promise<OwnersSession>;
}

/** What every engine with logins promises, on a real server. */
export function engineContract(engine: Engine, versions: RegExp, start: () => Promise<EngineServer>): void {
  const withPassword = (server: EngineServer, password: string): EngineTarget => ({ ...server.target, password });
  /** Whether the server lets us in with `password`; one that is still starting after a crash says neither yes nor no, and is asked again. */
  const works = async (server: EngineServer, password: string): Promise<boolean> => {
    const answer = (): Promise<'yes' | 'no' | false> => engine.probe(withPassword(server, password)).then(
      (readiness) => readiness.state === 'ready' && 'yes',
      (error: unknown) => {
        if (isDbmakerError(error, 'access_denied')) return 'no';
        throw error;
      },
    );
    return (await waitFor(answer, { what: 'the server to say yes or no', timeoutMs: 30_000 })) === 'yes';
  };
  /** Waits for the server; whether it lets us in with `password`. */
  const worksOnceUp = async (server: EngineServer, password: string): Promise<boolean> => {
    const answers = async (): Promise<boolean> => engine.probe(server.target).then(
      (readiness) => readiness.state === 'ready',
      // Refused is an answer; anything else (a probe that was cut off on a busy machine) is none.
      (error: unknown) => isDbmakerError(error, 'access_denied'),
    );
    await waitFor(answers, { what: 'the server to answer', timeoutMs: 30_000, explain: () => server.log().slice(-1500) });
    return works(server, password);
  };
  const newPassword = (): string => randomBytes(12).toString('base64url');

  describe(`engine ${engine.name}`, () => {
    test('is ready for the right login, and tells its version', async () => {
      await using server = await start();
      assert.deepEqual(await engine.probe(server.target), { state: 'ready' });
      assert.match(await engine.version(server.target), versions);
    });

    test('an engine that ensures access on the way says so by the version, and only when all was well', async () => {
      await using server = await start();
      const probed = await engine.probe(server.target, { ensureAccess: { dataPath: server.dataPath } });
      assert.ok(probed.state === 'ready');
      if (probed.version !== undefined) assert.match(probed.version, versions);
      assert.deepEqual(await engine.probe(server.target, { ensureAccess: { dataPath: '/somewhere/else' } }), { state: 'ready' });
    });

    test('denies a wrong password and a wrong user, and the error holds neither the password nor what a library adds', async () => {
      await using server = await start();
      const secret = `wrong-${newPassword()}`;
      for (const target of [withPassword(server, secret), { ...withPassword(server, secret), username: 'no-such-user' }]) {
        for (const call of [engine.probe, engine.version, engine.size, engine.activity]) {
          const error = await call(target).catch((thrown: unknown) => thrown);
          assert.ok(isDbmakerError(error, 'access_denied'), inspect(error));
          assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes(secret));
        }
      }
    });

    test('is starting while nobody listens', async () => {
      await using server = await start();
      await using directory = await temporaryDirectory('nobody');
      const connect = createConnect(systemClock);
      const readiness = await engine.probe({ ...server.target, connect: () => connect({ kind: 'unix', directory: directory.path, name: 'none' }) });
      assert.equal(readiness.state, 'starting');
    });

    test('is starting, never something else, from a crash until it is ready again', async () => {
      await using server = await start();
      await server.crash();
      const seen = new Set<string>();
      await waitFor(async () => {
        const { state } = await engine.probe(server.target); // an error here would be the failure
        return seen.add(state).has('ready');
      }, { what: 'the server to come back', timeoutMs: 30_000 });
      assert.deepEqual([...seen].filter((state) => state !== 'starting'), ['ready']);
    });

    test('what answers on the socket is not trusted: closing at once is starting, and a flood is cut', async () => {
      await using server = await start();
      const flood = Buffer.alloc(1024 * 1024, 'S\0\0\0\x0fa\0bbbbbbbbb\0');
      const behaviours: ((socket: Socket) => void)[] = [(socket) => socket.destroy(), (socket) => socket.end(), (socket) => pour(socket, flood)];
      for (const behave of behaviours) {
        await using fake = await fakeServer(behave);
        const outcome = await engine.probe({ ...server.target, connect: fake.connect }).catch((error: unknown) => error);
        const expected = isDbmakerError(outcome, 'runtime_failed') || (outcome as { state?: string }).state === 'starting';
        assert.ok(expected, inspect(outcome));
        await waitFor(() => fake.open() === 0, { what: 'our end to be closed' });
      }
    });

    test('a call that is no longer wanted ends at once and leaves no connection', async () => {
      await using server = await start();
      await using fake = await fakeServer(() => undefined); // takes the connection and never says a word
      const abort = new AbortController();
      const probing = engine.probe({ ...server.target, connect: fake.connect, signal: abort.signal }).catch((error: unknown) => error);
      await waitFor(() => fake.open() === 1, { what: 'the connection' });
      abort.abort();
      assert.ok(isDbmakerError(await probing, 'cancelled'));
      await waitFor(() => fake.open() === 0, { what: 'our end to be closed' });
      assert.ok(isDbmakerError(await engine.version({ ...server.target, signal: abort.signal }).catch((error: unknown) => error), 'cancelled'));
    });

    test('access is ensured twice, and at the same time, with the same result', async () => {
      await using server = await start();
      const ensure = (): Promise<void> => engine.ensureAccess(server.target, { dataPath: server.dataPath });
      await ensure();
      await Promise.all([ensure(), ensure()]);
      assert.ok(await works(server, server.target.password));
    });

    test('data outside of the data path is refused; below it or without one is fine', async () => {
      await using server = await start();
      await engine.ensureAccess(server.target, { dataPath: `${path.dirname(server.dataPath)}/` });
      await engine.ensureAccess(server.target, { dataPath: null });
      for (const dataPath of ['/somewhere/else', `${server.dataPath}/below`, server.dataPath.slice(0, -1)]) {
        await assert.rejects(engine.ensureAccess(server.target, { dataPath }), { code: 'data_misplaced' }, dataPath);
      }
    });

    test('a rotated password works, the old one does not, sessions live on, and a crash changes nothing of that', async () => {
      await using server = await start();
      await using session = await server.session();
      const next = newPassword();
      await engine.rotatePassword(server.target, next);
      await session.use();
      assert.deepEqual([await works(server, next), await works(server, server.target.password)], [true, false]);
      await engine.rotatePassword(server.target, next); // we were killed before we wrote it down
      await server.crash();
      assert.deepEqual([await worksOnceUp(server, next), await works(server, server.target.password)], [true, false]);
    });

    test('a rotation that was cut off after its first step is completed by the next try, durably', async () => {
      await using server = await start();
      const next = newPassword();
      await server.applyOnly(next);
      await engine.rotatePassword(server.target, next);
      await server.crash();
      assert.deepEqual([await worksOnceUp(server, next), await works(server, server.target.password)], [true, false]);
    });

    test('a rotation knowing neither password is denied and changes nothing', async () => {
      await using server = await start();
      const next = newPassword();
      await assert.rejects(engine.rotatePassword(withPassword(server, 'wrong'), next), { code: 'access_denied' });
      assert.deepEqual([await works(server, next), await works(server, server.target.password)], [false, true]);
    });

    test('a server that is killed at any moment of a rotation takes one of the two passwords, and the next try completes it', async () => {
      await using server = await start();
      let current = server.target.password;
      for (let round = 0; round < 6; round += 1) {
        const next = newPassword();
        const rotating = engine.rotatePassword(withPassword(server, current), next).catch((error: unknown) => error);
        await pause(randomInt(0, 30)); // the moment of the kill
        await server.crash();
        const outcome = await rotating;
        assert.ok(outcome === undefined || isDbmakerError(outcome), inspect(outcome));
        const accepted = [await worksOnceUp(server, current), await works(server, next)];
        assert.equal(accepted.filter(Boolean).length, 1, `round ${String(round)}: ${inspect(accepted)}`);
        if (outcome === undefined) assert.ok(accepted[1], 'it was proved, so it holds');
        await engine.rotatePassword(withPassword(server, current), next);
        assert.ok(await works(server, next));
        current = next;
      }
    });

    test('any printable password can be rotated in, and none ever shows up in the server\'s log', async () => {
      await using server = await start();
      let current = server.target.password;
      const used = [current];
      const printable = fc.string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 64 });
      const examples = [`o'brien"; DROP ROLE x; --`, '\\\\$$\'\'%s %% {password}', ' leading and trailing '];
      await fc.assert(fc.asyncProperty(printable, async (next) => {
        await engine.rotatePassword(withPassword(server, current), next);
        used.push(next);
        current = next;
      }), { numRuns: 8, endOnFailure: true, examples: examples.map((example): [string] => [example]) });
      const log = server.log();
      assert.deepEqual(used.filter((password) => password.trim().length >= 8 && log.includes(password)), []);
    });

    test('size grows with the data', async () => {
      await using server = await start();
      const before = await engine.size(server.target);
      await server.fill(2_000_000);
      const grown = (await engine.size(server.target)) - before;
      assert.ok(grown > 1_500_000 && grown < 20_000_000, String(grown));
    });

    test('activity counts the sessions of others, not our own', async () => {
      await using server = await start();
      const before = await engine.activity(server.target);
      await using first = await server.session();
      await using second = await server.session();
      await Promise.all([first.use(), second.use()]);
      const [during] = await Promise.all([engine.activity(server.target), engine.probe(server.target), engine.activity(server.target)]);
      assert.equal(during.connections - before.connections, 2);
      assert.ok(during.active <= during.connections);
    });
  });
}

/** Writes for as long as the other side takes it. */
function pour(socket: Socket, chunk: Buffer): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', more);
  more();
}

interface FakeServer extends AsyncDisposable {
  readonly connect: () => Promise<Socket>;
  /** Connections that are open now. */
  open(): number;
}

/** What a hostile owner may put in the place of the socket. */
async function fakeServer(behave: (socket: Socket) => void): Promise<FakeServer> {
  const directory = await temporaryDirectory('fake');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket)).resume();
    behave(socket);
  });
  server.listen(path.join(directory.path, 'fake.sock'));
  await once(server, 'listening');
  const connect = createConnect(systemClock);
  return {
    connect: () => connect({ kind: 'unix', directory: directory.path, name: 'fake.sock' }),
    open: () => sockets.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
      await directory[Symbol.asyncDispose]();
    },
  };
}
