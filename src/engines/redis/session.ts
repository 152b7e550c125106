import type { Socket } from 'node:net';
import { AbstractConnector, Redis } from 'ioredis';
import type { EngineTarget } from '../../domain/ports/engine.ts';
import { unreachable, withConnection } from '../with-connection.ts';
import { redisError } from './errors.ts';

/** How our own sessions are known in CLIENT LIST. */
export const CLIENT_NAME = 'dbmaker-control';

const LIMIT_MS = 10_000;

export interface Session {
  /** Sends one command and gives its answer: a string, a number, null or an array of these. */
  command(name: string, ...argv: readonly string[]): Promise<unknown>;
}

/**
 * Logs in as the target's user, hands the session to `use`, closes it. One connection, never a second try.
 * @throws DbmakerError endpoint_unreachable (loading too), access_denied, disk_full, out_of_memory, cancelled, runtime_failed
 */
export async function withSession<T>(target: EngineTarget, use: (session: Session) => Promise<T>, limitMs = LIMIT_MS): Promise<T> {
  return withConnection(target, limitMs, async (socket) => {
    if (socket.destroyed || !socket.readable) throw unreachable('Redis closed the connection.');
    const redis = new Redis({
      Connector: connectorOf(socket),
      lazyConnect: true,
      protocol: 2, // AUTH by itself: HELLO would hide its error
      username: target.username,
      password: target.password,
      connectionName: CLIENT_NAME,
      disableClientInfo: true,
      enableReadyCheck: false, // the callers want to see LOADING
      enableOfflineQueue: false,
      retryStrategy: null,
      autoResendUnfulfilledCommands: false,
    });
    let first: unknown;
    redis.on('error', (error) => (first ??= error)); // connect() itself only says "closed"
    try {
      await redis.connect();
      const command: Session['command'] = (name, ...argv) => redis.call(name, ...argv);
      return await use({ command });
    } catch (error) {
      throw redisError(first ?? error, [target.password]);
    } finally {
      redis.disconnect();
    }
  });
}

/** A Connector class (ioredis wants a class) that hands out the connected socket. */
function connectorOf(socket: Socket): new (options: unknown) => AbstractConnector {
  return class extends AbstractConnector {
    constructor() {
      super(0);
    }

    override async connect(): Promise<Socket> {
      return socket;
    }

    override disconnect(): void {
      socket.destroy();
    }
  };
}

/** A map that arrived as `[key, value, key, value]`; values that are not text are left out. */
export function pairs(answer: unknown): Map<string, string> {
  const flat: unknown[] = Array.isArray(answer) ? answer : [];
  const found = new Map<string, string>();
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const [key, value] = [flat[at], flat[at + 1]];
    if (typeof key === 'string' && typeof value === 'string') found.set(key, value);
  }
  return found;
}

/** The `key:value` lines of INFO. */
export async function info(session: Session, section: string): Promise<Map<string, string>> {
  const text = String(await session.command('INFO', section));
  return new Map(text.split(/\r?\n/).filter((line) => line.includes(':')).map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1)];
  }));
}
