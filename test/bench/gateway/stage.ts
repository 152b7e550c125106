/** One server under Docker with a PostgreSQL and a Redis, and every other way to them. */
import { waitFor } from '../../support/wait.ts';
import type { Family } from '../peers.ts';
import { buildPeers, removePeers, runPeer } from '../peers.ts';
import { listenersOf } from '../processes.ts';
import { certificateOf } from './certificate.ts';
import { startFront } from './front.ts';
import type { Front } from './front.ts';
import { install, makeInstance } from './installation.ts';
import type { Installation } from './installation.ts';
import type { Target, Way } from './ways.ts';

export interface Stage extends AsyncDisposable {
  readonly installation: Installation;
  /** How to get there. @throws Error when the gateway does not listen where it should */
  target(family: Family, way: Way, tls: boolean): Promise<Target>;
}

/** Sets up everything but TLS, which is set up when it is first asked for. */
export async function setStage(): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  stack.defer(removePeers);
  await buildPeers();
  const installation = stack.use(await install({ runtime: 'docker' }));
  const places = { postgresql: await makeInstance(installation.server, 'postgresql'), redis: await makeInstance(installation.server, 'redis') };
  const published = { postgresql: stack.use(await runPeer('postgresql')), redis: stack.use(await runPeer('redis')) };
  await Promise.all([published.postgresql.firstQuery(), published.redis.firstQuery()]);
  const sockets = { postgresql: places.postgresql.socket.socket ?? '', redis: places.redis.socket.socket ?? '' };
  const plain = { nginx: stack.use(await startFront('nginx', sockets, null)), HAProxy: stack.use(await startFront('haproxy', sockets, null)) };
  const kept = stack.move();

  let secure: Promise<{ nginx: Front; HAProxy: Front }> | undefined;
  const startSecure = async (): Promise<{ nginx: Front; HAProxy: Front }> => {
    await sharedPort('redis');
    const certificate = await certificateOf(installation.server.home, installation.sharedPorts.redis, places.redis.hostname);
    return { nginx: kept.use(await startFront('nginx', sockets, certificate)), HAProxy: kept.use(await startFront('haproxy', sockets, certificate)) };
  };
  const sharedPort = async (family: Family): Promise<number> => {
    const port = installation.sharedPorts[family];
    await waitFor(async () => (await listenersOf(port)).length > 0, { what: `the gateway to listen on the port that all ${family} databases share (${port})` });
    return port;
  };

  return {
    installation,
    async target(family, way, tls) {
      const { socket, direct, hostname } = places[family];
      if (way === 'socket') return socket;
      if (way === 'docker port') return { ...published[family].login, servername: null, socket: null };
      if (way === 'gateway') return tls ? { ...direct, servername: hostname, port: await sharedPort(family) } : direct;
      const front = tls ? (await (secure ??= startSecure()))[way] : plain[way];
      return { ...direct, servername: tls ? hostname : null, port: front.ports[family] };
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
