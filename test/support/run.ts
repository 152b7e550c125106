import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program and returns what it printed. @throws Error with its stderr when it fails or takes longer than `timeoutMs` (60,000) */
export async function run(program: string, argv: readonly string[], options: { timeoutMs?: number; cwd?: string } = {}): Promise<string> {
  const { stdout } = await execute(program, argv, { timeout: options.timeoutMs ?? 60_000, maxBuffer: 64 * 1024 * 1024, cwd: options.cwd });
  return stdout;
}
