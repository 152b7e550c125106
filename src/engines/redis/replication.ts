import { once } from 'node:events';
import type { Socket } from 'node:net';
import { deadline } from '../../domain/deadline.ts';
import { DbmakerError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { EngineTarget } from '../../domain/ports/engine.ts';
import { unreachable } from '../with-connection.ts';

/** A snapshot is made by a child of the server, which may take its time; it sends line breaks meanwhile. */
const SILENCE_MS = 120_000;
const MARK_BYTES = 40;
const MAX_LINE_BYTES = 1024;

/**
 * What a replica gets first: a snapshot as of one moment, in RDB format, without a file on the server's disk where it can do that.
 * @throws endpoint_unreachable (also when it ends too early), access_denied, backup_failed, cancelled
 */
export async function* snapshot(target: EngineTarget): AsyncGenerator<Buffer> {
  const socket = await target.connect();
  const cancel = (): void => void socket.destroy(new DbmakerError('cancelled', 'The backup was called off.'));
  socket.on('error', () => undefined); // reading is told
  target.signal?.addEventListener('abort', cancel, { once: true });
  if (target.signal?.aborted === true) cancel();
  const reader = new Reader(socket, target.clock);
  try {
    expectOk(await ask(socket, reader, 'AUTH', target.username, target.password), 'AUTH');
    // Others that might want the same snapshot are not waited for. Where it may not be set, it only takes longer.
    await ask(socket, reader, 'CONFIG', 'SET', 'repl-diskless-sync-delay', '0');
    expectOk(await ask(socket, reader, 'REPLCONF', 'capa', 'eof'), 'REPLCONF');
    send(socket, 'SYNC');
    const head = await announcement(reader);
    const length = /^\$(\d+)$/.exec(head)?.[1];
    const mark = /^\$EOF:([\x20-\x7e]{40})$/.exec(head)?.[1];
    if (length !== undefined) yield* reader.exactly(Number(length));
    else if (mark !== undefined) yield* reader.until(Buffer.from(mark, 'latin1'));
    else throw refusal(head, 'SYNC');
  } finally {
    target.signal?.removeEventListener('abort', cancel);
    socket.destroy();
  }
}

function send(socket: Socket, ...words: string[]): void {
  socket.write(`*${String(words.length)}\r\n${words.map((word) => `$${String(Buffer.byteLength(word))}\r\n${word}\r\n`).join('')}`);
}

async function ask(socket: Socket, reader: Reader, ...words: string[]): Promise<string> {
  send(socket, ...words);
  return reader.line();
}

/** Empty lines say that the snapshot is being made. */
async function announcement(reader: Reader): Promise<string> {
  for (;;) {
    const line = await reader.line();
    if (line !== '') return line;
  }
}

function expectOk(line: string, command: string): void {
  if (!line.startsWith('+')) throw refusal(line, command);
}

function refusal(line: string, command: string): DbmakerError {
  if (/^-(WRONGPASS|NOAUTH|NOPERM)/.test(line)) return new DbmakerError('access_denied', 'Redis refuses the login that DbMaker knows.', { cause: new Error(line) });
  if (line.startsWith('-LOADING')) return unreachable(`Redis says: ${line.slice(1)}`);
  return new DbmakerError('backup_failed', `Redis refuses ${command}: ${line.slice(1, 200)}`);
}

/** Bytes of a paused socket, in lines and in amounts. */
class Reader {
  readonly #socket: Socket;
  readonly #clock: Clock;
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
  }

  async line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf('\n');
      if (end >= 0) {
        const text = this.#rest.toString('latin1', 0, end).replace(/\r$/, '');
        this.#rest = this.#rest.subarray(end + 1);
        return text;
      }
      if (this.#rest.length > MAX_LINE_BYTES) throw new DbmakerError('backup_failed', 'Redis answers in a way that we do not understand.');
      this.#rest = Buffer.concat([this.#rest, await this.#more()]);
    }
  }

  async* exactly(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0;) {
      const chunk = this.#rest.length > 0 ? this.#rest : await this.#more();
      this.#rest = chunk.subarray(left);
      yield chunk.subarray(0, left);
      left -= Math.min(left, chunk.length);
    }
  }

  /** Up to a mark that nothing inside is like; it comes last, as nothing more is sent before we ask for it. */
  async* until(mark: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      if (this.#rest.length >= MARK_BYTES && this.#rest.subarray(-MARK_BYTES).equals(mark)) {
        yield this.#rest.subarray(0, -MARK_BYTES);
        return;
      }
      const safe = this.#rest.length - MARK_BYTES;
      if (safe > 0) {
        yield this.#rest.subarray(0, safe);
        this.#rest = this.#rest.subarray(safe);
      }
      this.#rest = Buffer.concat([this.#rest, await this.#more()]);
    }
  }

  async #more(): Promise<Buffer> {
    for (;;) {
      const chunk = this.#socket.read() as Buffer | null;
      if (chunk !== null) return chunk;
      if (this.#socket.errored !== null) throw this.#socket.errored;
      if (this.#socket.readableEnded || this.#socket.destroyed) throw unreachable('Redis closed the connection before the snapshot was complete.');
      const waiting = new AbortController();
      using silence = deadline(this.#clock, SILENCE_MS, waiting.signal);
      try {
        await Promise.race(['readable', 'end', 'close'].map((event) => once(this.#socket, event, { signal: silence.signal })));
      } catch (error) {
        if (silence.passed) throw unreachable(`Redis has sent nothing for ${String(SILENCE_MS / 1000)} seconds.`);
        throw error;
      } finally {
        waiting.abort();
      }
    }
  }
}
