import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { DbmakerError } from '../../domain/errors.ts';

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly reusePort: boolean;
}

/** What came in when nobody could accept: a burst of clients must not be refused by the kernel. */
export const BACKLOG = 4096;

/** Finds dead peers, from the first moment on, without ever cutting an idle session (coolify#6068). */
const KEEPALIVE_MS = 60_000;

/** Does not listen yet. Sockets come half-open and paused: nothing is read before somebody wants it. */
export function makeServer(accept: (socket: Socket) => void): Server {
  return createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEPALIVE_MS }, accept);
}

/** @throws DbmakerError port_taken, invalid_configuration (address not of this machine, port not allowed) */
export async function listen(server: Server, { host, port, reusePort }: ListenOptions): Promise<void> {
  server.listen({ host, port, reusePort, backlog: BACKLOG });
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new DbmakerError('port_taken', `Port ${String(port)} on ${host} is in use.`, { cause: error });
    throw new DbmakerError('invalid_configuration', `The gateway cannot listen on ${host}, port ${String(port)}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
