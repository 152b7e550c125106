import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

/** Ends the program when the input of this shell ends, which also comes when we are killed. */
const SUPERVISE = '"$@" </dev/null & pid=$!; read -r _; kill -TERM $pid 2>/dev/null; wait $pid';
const PATIENCE_MS = 10_000;

export interface Supervised extends AsyncDisposable {
  /** What it wrote so far, both streams; the last 100,000 characters. */
  output(): string;
}

/** A program that runs until it is disposed of; it gets SIGTERM, and SIGKILL with all its children if that does not help. */
export function supervise(program: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}): Supervised {
  const child = spawn('/bin/sh', ['-c', SUPERVISE, 'sh', program, ...argv], {
    stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env }, detached: true,
  });
  let output = '';
  const keep = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-100_000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.stdin.on('error', () => undefined); // it ended by itself: whoever waits for it sees that
  const exited = once(child, 'exit');
  exited.catch((error: unknown) => (output += String(error)));
  return {
    output: () => output,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      const late = new AbortController();
      await Promise.race([exited, pause(PATIENCE_MS, undefined, { signal: late.signal }).catch(() => undefined)]);
      late.abort();
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // nobody of its group is left: it ended in good order
      }
    },
  };
}
