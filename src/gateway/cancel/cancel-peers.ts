import { createServer, type Server, type Socket } from 'node:net';
import { DbmakerError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Connect, ListenUnix } from '../../domain/ports/connector.ts';
import type { Log } from '../../domain/ports/log.ts';
import { readPreamble } from '../protocols/postgresql/preamble.ts';

const PATIENCE_MS = 5000;
const MAX_REQUEST = 512;

export interface CancelPeersOptions {
  readonly directory: string;
  /** Of this process. */
  readonly number: number;
  readonly connect: Connect;
  readonly listenUnix: ListenUnix;
  readonly clock: Clock;
  readonly log: Log;
  /** Carries out a cancel of a session of this process; false: it has none such. */
  readonly cancel: (processId: number, key: Buffer) => Promise<boolean>;
}

/**
 * Where several gateway processes share a port, the kernel may hand a cancel request to another one than holds the session. The id in it names
 * the process, which is reached by a socket in the home. The same bytes go over it as came from the client.
 */
export class CancelPeers {
  readonly #options: CancelPeersOptions;
  #server: Server | undefined;

  constructor(options: CancelPeersOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { directory, number, listenUnix } = this.#options;
    const server = createServer((socket) => void this.#serve(socket).catch(() => socket.destroy()));
    try {
      await listenUnix(server, directory, nameOf(number)); // ours alone: the composition root holds the number's lock
    } catch (error) {
      throw new DbmakerError('invalid_configuration', `Gateway processes cannot meet in ${directory}.`, { cause: error });
    }
    server.on('error', (error) => this.#options.log.warn({ err: error }, 'cancel requests of other gateway processes cannot be heard'));
    this.#server = server;
  }

  stop(): void {
    this.#server?.close();
  }

  /** @returns whether that process is there and knows the session */
  async forward(gateway: number, request: Buffer): Promise<boolean> {
    const { directory, connect, clock, log } = this.#options;
    try {
      const socket = await connect({ kind: 'unix', directory, name: nameOf(gateway) }, { timeoutMs: PATIENCE_MS });
      return await answered(socket, request, clock);
    } catch (error) {
      log.debug({ err: error, gateway }, 'a cancel request for another gateway process did not reach it');
      return false;
    }
  }

  async #serve(socket: Socket): Promise<void> {
    socket.on('error', () => socket.destroy());
    const late = this.#options.clock.after(PATIENCE_MS, () => socket.destroy());
    socket.once('close', late);
    let bytes = Buffer.alloc(0);
    for await (const chunk of socket) {
      bytes = Buffer.concat([bytes, chunk as Buffer]);
      const request = readPreamble(bytes);
      if (request.kind === 'incomplete' && bytes.length < MAX_REQUEST) continue;
      const done = request.kind === 'cancel-request' && await this.#options.cancel(request.processId, request.key);
      socket.end(done ? 'y' : 'n');
      return;
    }
  }
}

const nameOf = (gateway: number): string => `gateway-${String(gateway)}.sock`;

async function answered(socket: Socket, request: Buffer, clock: Clock): Promise<boolean> {
  socket.on('error', () => socket.destroy()).once('close', clock.after(PATIENCE_MS, () => socket.destroy()));
  socket.write(request);
  for await (const chunk of socket) return (chunk as Buffer).toString() === 'y';
  return false;
}
