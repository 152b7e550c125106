import type { ExecResult } from '../../domain/ports/runtime.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { DbmakerError } from '../../domain/errors.ts';
import type { Host } from './host.ts';
import { launch } from './launch.ts';
import type { LaunchOptions } from './launch.ts';

const KEPT_BYTES = 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 60_000;

export type RunOptions = Omit<LaunchOptions, 'output' | 'input' | 'record'> & {
  readonly input?: string;
  /** Default 60,000; then it is killed with the processes of its session. */
  readonly timeoutMs?: number;
};

/**
 * Runs a program to its end; output is cut at 1 MiB each. A signal is told as exit code 128 + 15.
 * @throws DbmakerError runtime_failed: it could not be started, or took too long
 */
export function run(host: Host, clock: Clock, options: RunOptions): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const child = launch(host, { ...options, output: 'pipe', input: 'pipe' });
    const output = { stdout: new Collector(), stderr: new Collector() };
    child.stdout?.on('data', (chunk: Buffer) => output.stdout.add(chunk));
    child.stderr?.on('data', (chunk: Buffer) => output.stderr.add(chunk));
    child.stdin?.on('error', () => undefined); // it ended without reading its input: its exit code says why
    child.stdin?.end(options.input ?? '');
    let late = false;
    const cancel = clock.after(options.timeoutMs ?? DEFAULT_TIMEOUT_MS, () => {
      late = true;
      killSession(child.pid);
      // Whoever escaped the session may hold the pipes open: wait for them no longer.
      child.stdout?.destroy();
      child.stderr?.destroy();
    });
    child.once('error', (error) => {
      cancel();
      reject(new DbmakerError('runtime_failed', 'A program could not be started.', { cause: error }));
    });
    child.once('close', (code, signal) => {
      cancel();
      if (late) reject(new DbmakerError('runtime_failed', 'A program took too long and was ended.'));
      else resolve({ exitCode: code ?? (signal === null ? 1 : 143), stdout: output.stdout.text(), stderr: output.stderr.text() });
    });
  });
}

/** Kills a program with all of its session. */
export function killSession(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it ended by itself just now
  }
}

class Collector {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  add(chunk: Buffer): void {
    const room = KEPT_BYTES - this.#bytes;
    if (room <= 0) return;
    this.#chunks.push(chunk.subarray(0, room));
    this.#bytes += Math.min(room, chunk.length);
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
