import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { stopping } from './stop.ts';

const run = promisify(execFile);

/**
 * Runs a program to its end and returns what it printed on stdout; a signal to the benchmark ends it too.
 * @throws Error with its stderr when it fails or takes longer than `timeoutMs` (120,000)
 */
export async function execute(program: string, argv: readonly string[], options: { env?: Readonly<Record<string, string>>; timeoutMs?: number; cwd?: string } = {}): Promise<string> {
  const { env = {}, timeoutMs = 120_000, cwd } = options;
  const { stdout } = await run(program, argv, { env: { ...process.env, ...env }, timeout: timeoutMs, killSignal: 'SIGKILL', signal: stopping, maxBuffer: 256 * 1024 * 1024, cwd });
  return stdout;
}
