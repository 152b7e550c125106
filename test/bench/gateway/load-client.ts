import path from 'node:path';
import { execute } from '../execute.ts';
import { supervise } from '../supervised.ts';
import type { Supervised } from '../supervised.ts';
import { waitFor } from '../../support/wait.ts';

/** By its name in `load/`, or by an absolute path without its ending. */
const file = (name: string): string => path.resolve(import.meta.dirname, 'load', `${name}.ts`);

/** By the environment: what is in an argument can be seen by everybody. */
const environment = (task: unknown): Record<string, string> => ({ BENCH_TASK: JSON.stringify(task) });

/** Runs one of the clients in `load/` in a process of its own to its end and returns what it says: one JSON document. */
export async function load<T>(name: string, task: unknown, { timeoutMs, openFiles }: { timeoutMs: number; openFiles?: number }): Promise<T> {
  const [program = '', ...argv] = command(name, openFiles);
  return JSON.parse(await execute(program, argv, { env: environment(task), timeoutMs })) as T;
}

/** One that holds something until it is disposed of; here once it has said `ready`. @throws Error with what it said instead */
export async function hold(name: string, task: unknown, { timeoutMs, openFiles }: { timeoutMs: number; openFiles?: number }): Promise<Supervised> {
  const [program = '', ...argv] = command(name, openFiles);
  const holder = supervise(program, argv, environment(task));
  try {
    const said = await waitFor(() => /^(ready|failed.*)$/m.exec(holder.output())?.[1], { what: `the client ${name} to be ready`, timeoutMs, intervalMs: 50, explain: holder.output });
    if (said !== 'ready') throw new Error(holder.output());
    return holder;
  } catch (error) {
    await holder[Symbol.asyncDispose]();
    throw error;
  }
}

/** `openFiles`: more than a process may have by default takes root. */
function command(name: string, openFiles: number | undefined): string[] {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', file(name)];
  return openFiles === undefined ? node : ['prlimit', `--nofile=${openFiles}:${openFiles}`, ...node];
}
