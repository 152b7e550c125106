/** More processes of a test server: gateways beside it, or its parts each alone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { serverCommand } from '../../scripts/setup/server-command.mjs';
import { freePort } from './ports.ts';
import type { TestServer } from './server.ts';
import { keepLog } from './secrets.ts';
import { temporaryDirectory } from './tmp.ts';
import { waitFor } from './wait.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

export interface Part extends AsyncDisposable {
  readonly pid: number;
  /** Its /metrics. */
  metrics(): Promise<string>;
  /** Sends a signal and waits for the end. @returns exit code; null: by a signal */
  kill(signal: NodeJS.Signals): Promise<number | null>;
  readonly ended: boolean;
  log(): Promise<string>;
}

/** Starts `parts` of DBMAKER_PARTS in a process of its own, on the home, store and ports of `server`, and waits until it says that it is there. */
export async function startPart(server: TestServer, parts: string, env: Readonly<Record<string, string>> = {}): Promise<Part> {
  const scratch = await temporaryDirectory('part');
  const logFile = path.join(scratch.path, 'log');
  const metricsPort = await freePort();
  const command = serverCommand(ROOT, { ...server.environment, DBMAKER_PARTS: parts, DBMAKER_METRICS_PORT: String(metricsPort), ...env });
  const log = openSync(logFile, 'a');
  keepLog(logFile);
  const child = spawn(command.program, command.args, { cwd: ROOT, env: command.env, stdio: ['ignore', log, log] });
  closeSync(log);
  await once(child, 'spawn');
  const readLog = (): Promise<string> => readFile(logFile, 'utf8');
  const part: Part = {
    pid: child.pid ?? 0,
    get ended() { return child.exitCode !== null || child.signalCode !== null; },
    metrics: async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`, { signal: AbortSignal.timeout(5000) })).text(),
    async kill(signal) {
      if (part.ended) return child.exitCode;
      const ended = once(child, 'exit', { signal: AbortSignal.timeout(30_000) });
      child.kill(signal);
      return (await ended)[0] as number | null;
    },
    log: readLog,
    async [Symbol.asyncDispose]() {
      await part.kill('SIGKILL');
      await scratch[Symbol.asyncDispose]();
    },
  };
  try {
    await waitFor(async () => part.ended || (await fetch(`http://127.0.0.1:${metricsPort}/health`, { signal: AbortSignal.timeout(2000) })).ok, { what: `${parts} to be there`, timeoutMs: 30_000, explain: readLog });
    if (part.ended) throw new Error(`${parts} ended while starting:\n${await readLog()}`);
  } catch (error) {
    await part[Symbol.asyncDispose]();
    throw error;
  }
  return part;
}
