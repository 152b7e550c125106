import { pipeline } from 'node:stream/promises';
import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { DbmakerError } from '../../domain/errors.ts';
import { errorCode } from './files.ts';
import type { Host } from './host.ts';
import { launch } from './launch.ts';
import type { LaunchOptions } from './launch.ts';
import { killSession } from './run.ts';

const KEPT_BYTES = 64 * 1024;

export type PourOptions = Omit<LaunchOptions, 'output' | 'input' | 'record'> & {
  readonly input?: Readable;
  readonly output?: Writable;
  readonly signal?: AbortSignal;
};

/**
 * Runs a program to its end, its input and output carried by streams, no faster than the slower side takes them; of stderr the end is kept.
 * @throws cancelled, what broke `input` or `output` (it is killed with its session then), runtime_failed when it could not be started
 */
export async function pour(host: Host, { input, output, signal, ...options }: PourOptions): Promise<{ exitCode: number; stderr: string }> {
  const child = launch(host, { ...options, output: 'pipe', input: input === undefined ? 'ignore' : 'pipe' });
  const cancel = (): void => killSession(child.pid);
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    if (signal?.aborted === true) cancel();
    const [exitCode, stderr] = await Promise.all([endOf(child), lastOf(child.stderr), receive(child, output), send(child, input)]);
    if (signal?.aborted === true) throw new DbmakerError('cancelled', 'A program of the instance was no longer wanted.');
    return { exitCode, stderr };
  } catch (error) {
    killSession(child.pid);
    if (signal?.aborted === true) throw new DbmakerError('cancelled', 'A program of the instance was no longer wanted.', { cause: error });
    throw error;
  } finally {
    signal?.removeEventListener('abort', cancel);
    input?.destroy();
  }
}

function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new DbmakerError('runtime_failed', 'A program could not be started.', { cause: error })));
    child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 143)));
  });
}

async function lastOf(stderr: Readable | null): Promise<string> {
  let tail: Buffer = Buffer.alloc(0);
  for await (const chunk of stderr ?? []) tail = Buffer.concat([tail, chunk as Buffer]).subarray(-KEPT_BYTES);
  return tail.toString('utf8');
}

async function receive(child: ChildProcess, output: Writable | undefined): Promise<void> {
  if (child.stdout === null) return;
  if (output === undefined) child.stdout.resume();
  else await pipeline(child.stdout, output);
}

/** A program may have enough before the input ends: that is no failure, its exit code counts. */
async function send(child: ChildProcess, input: Readable | undefined): Promise<void> {
  if (input === undefined || child.stdin === null) return;
  const { stdin } = child;
  const source = { broken: false };
  input.once('error', () => (source.broken = !stdin.destroyed));
  try {
    await pipeline(input, stdin);
  } catch (error) {
    if (source.broken || !['EPIPE', 'ECONNRESET', 'ECANCELED', 'ERR_STREAM_PREMATURE_CLOSE'].includes(errorCode(error) ?? '')) throw error;
  }
}
