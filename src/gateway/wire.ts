import type { Socket } from 'node:net';
import { DbmakerError } from '../domain/errors.ts';

const NOTHING = Buffer.alloc(0);

/**
 * A client's connection while it is not clear yet what it is: bytes are read as they are needed, kept until somebody takes them, and put back
 * when the connection is handed on. Nothing is read ahead of need beyond what one packet brought, so a stranger cannot fill our memory.
 */
export class Wire {
  readonly socket: Socket;
  /** Received and not taken yet. */
  bytes: Buffer = NOTHING;
  #ended = false;

  constructor(socket: Socket) {
    this.socket = socket;
    this.#ended = socket.readableEnded;
    socket.once('end', () => { this.#ended = true; });
  }

  /**
   * Waits for more bytes, which then stand at the end of `bytes`.
   * @throws DbmakerError cancelled when the peer is gone or `signal` aborts
   */
  async more(signal: AbortSignal): Promise<void> {
    const chunk = this.#read() ?? await this.#next(signal);
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
  }

  /** Takes the first `count` bytes away. */
  take(count: number): Buffer {
    const taken = this.bytes.subarray(0, count);
    this.bytes = count >= this.bytes.length ? NOTHING : this.bytes.subarray(count); // not a view that keeps what is behind it
    return taken;
  }

  /** All that nobody took, for whoever reads the socket next. */
  takeAll(): Buffer {
    return this.take(this.bytes.length);
  }

  /** Resolves when what was written has been passed to the kernel. @throws DbmakerError cancelled, or the reason of `signal` */
  flushed(signal: AbortSignal): Promise<void> {
    const { socket } = this;
    if (socket.writableLength === 0 && !socket.destroyed && !signal.aborted) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (run: () => void): void => {
        socket.off('close', onGone);
        signal.removeEventListener('abort', onAbort);
        run();
      };
      const onGone = (): void => settle(() => reject(gone()));
      const onAbort = (): void => settle(() => reject(signal.reason instanceof DbmakerError ? signal.reason : gone()));
      if (signal.aborted) return onAbort();
      if (socket.destroyed) return onGone();
      socket.on('close', onGone);
      signal.addEventListener('abort', onAbort);
      socket.write(NOTHING, (error) => settle(() => (error ? reject(gone()) : resolve())));
    });
  }

  #read(): Buffer | null {
    return this.socket.read() as Buffer | null;
  }

  #next(signal: AbortSignal): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const settle = (run: () => void): void => {
        this.socket.off('readable', onReadable).off('close', onGone).off('end', onGone);
        signal.removeEventListener('abort', onAbort);
        run();
      };
      const onReadable = (): void => {
        const chunk = this.#read();
        if (chunk !== null) settle(() => resolve(chunk));
      };
      const onGone = (): void => settle(() => reject(gone()));
      const onAbort = (): void => settle(() => reject(signal.reason instanceof DbmakerError ? signal.reason : gone()));
      if (signal.aborted) return onAbort();
      if (this.socket.destroyed || this.#ended) return onGone();
      signal.addEventListener('abort', onAbort);
      this.socket.on('close', onGone).on('end', onGone).on('readable', onReadable);
    });
  }
}

export function gone(): DbmakerError {
  return new DbmakerError('cancelled', 'The client is gone.');
}
