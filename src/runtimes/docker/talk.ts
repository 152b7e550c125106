import type { Duplex, Readable, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { DbmakerError } from '../../domain/errors.ts';
import { readFrames } from './demultiplex.ts';

const KEPT_BYTES = 64 * 1024;

/**
 * Carries bytes to and from a program on an attached connection, no faster than the slower side takes them. `output` is ended with the program's.
 * @returns the end of stderr
 * @throws cancelled, what broke `input` or `output`, errors of the connection
 */
export async function talk(duplex: Duplex, options: { input?: Readable; output?: Writable; signal?: AbortSignal }): Promise<string> {
  const { input, output, signal } = options;
  const cancel = (): void => void duplex.destroy(new DbmakerError('cancelled', 'A program in the container was no longer wanted.'));
  signal?.addEventListener('abort', cancel, { once: true });
  duplex.on('error', () => undefined); // whoever reads or writes is told; this one only keeps it from ending the process
  try {
    if (signal?.aborted === true) cancel();
    const sending = input === undefined ? Promise.resolve(void duplex.end()) : send(input, duplex);
    sending.catch((error: unknown) => duplex.destroy(error as Error)); // reading then ends with the same
    const stderr = await receive(duplex, output);
    await sending;
    return stderr;
  } finally {
    signal?.removeEventListener('abort', cancel);
    duplex.destroy();
    input?.destroy();
  }
}

/** A program may have enough before the input ends (a list of contents): that is no failure, its exit code counts. */
async function send(input: Readable, duplex: Duplex): Promise<void> {
  const source = { broken: false };
  input.once('error', () => (source.broken = !duplex.destroyed));
  try {
    await pipeline(input, duplex, { end: true });
  } catch (error) {
    if (source.broken || !isHangUp(error)) throw error;
  }
}

function isHangUp(error: unknown): boolean {
  return ['EPIPE', 'ECONNRESET', 'ECANCELED', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'].includes((error as NodeJS.ErrnoException).code ?? '');
}

async function receive(duplex: Duplex, output: Writable | undefined): Promise<string> {
  let tail: Buffer = Buffer.alloc(0);
  const taken = output === undefined ? null : finished(output, { readable: false });
  taken?.catch(() => undefined); // awaited below; when something else fails before, that is what counts
  try {
    for await (const frame of readFrames(duplex)) {
      if (frame.stream === 'stderr') tail = Buffer.concat([tail, frame.data]).subarray(-KEPT_BYTES);
      else if (output?.write(frame.data) === false) await roomIn(output);
      if (output?.destroyed === true) break;
    }
    if (output?.destroyed === false) output.end();
    await taken;
  } catch (error) {
    output?.destroy(error as Error);
    throw error;
  }
  return tail.toString('utf8');
}

/** Resolves when it takes more, or never will. */
function roomIn(output: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'close', 'error']) output.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) output.on(event, done);
    if (output.destroyed) done();
  });
}
