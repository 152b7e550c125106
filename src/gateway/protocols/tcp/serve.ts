import type { Socket } from 'node:net';
import { asDbmakerError } from '../../../domain/errors.ts';
import type { InstanceRoute } from '../../../domain/instance/route.ts';
import type { Clock } from '../../../domain/ports/clock.ts';
import type { RoutedBy } from '../../metrics.ts';
import type { Session } from '../../session.ts';
import { Wire } from '../../wire.ts';

const NOTHING = Buffer.alloc(0);
/** A client that wants TLS says so right after it has connected; a server's greeting waits that long, so as not to come before it. */
const GREETING_MS = 100;

/**
 * Any protocol, on the port of its instance or, inside TLS already, by its name. Who speaks first is not known: some servers do. So the
 * instance is opened at once, and the first bytes of either side decide whether the client speaks TLS. There are no words of refusal that
 * every protocol would understand: the connection just ends. Never rejects.
 */
export async function serveTcp(session: Session, route: InstanceRoute, routedBy: RoutedBy): Promise<void> {
  session.protocol = 'tcp';
  let instance: Socket | null = null;
  try {
    if (route.access.tlsOnly && !session.tls) await session.secureIfAsked((offered) => offered[0]);
    session.admit(route);
    instance = await session.open(route);
    const fromInstance = session.tls ? NOTHING : await listenToBoth(session, instance);
    await session.join(route, routedBy, instance, { fromClient: session.wire.takeAll(), fromInstance });
  } catch (thrown) {
    instance?.destroy();
    session.failed(asDbmakerError(thrown));
    session.farewell(NOTHING);
  }
}

/** @returns what the instance said before the client had */
async function listenToBoth(session: Session, instance: Socket): Promise<Buffer> {
  const server = new Wire(instance);
  const heard = new AbortController();
  const signal = AbortSignal.any([heard.signal, session.signal]);
  session.endHandshake(); // a client that says nothing may be waiting for the server, or for news: it is as good as served
  const client = session.wire.bytes.length > 0 ? Promise.resolve() : session.wire.more(signal);
  const greeting = server.more(signal).then(() => passed(session.shared.ports.clock, GREETING_MS, signal));
  try {
    await Promise.race([client, greeting]);
  } finally {
    heard.abort();
    await Promise.allSettled([client, greeting]);
  }
  session.restartDeadline();
  if (session.wire.bytes.length > 0) await session.secureIfAsked((offered) => offered[0]);
  return server.takeAll();
}

/** Ends early, and quietly, when `signal` aborts. */
function passed(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    signal.addEventListener('abort', () => {
      cancel();
      resolve();
    }, { once: true });
  });
}
