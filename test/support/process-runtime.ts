import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Runtime } from '../../src/domain/ports/runtime.ts';
import { systemClock } from '../../src/main/clock.ts';
import { createConnect } from '../../src/net/connect.ts';
import { createProcessRuntime } from '../../src/runtimes/process/index.ts';
import type { ProcessRuntimeOptions } from '../../src/runtimes/process/index.ts';
import { makeWorkload } from '../contract/runtime/world.ts';
import type { RuntimeWorld } from '../contract/runtime/world.ts';
import type { OtherServerOrder, Step } from './process-server.ts';
import { quietLog } from './quiet-log.ts';
import { temporaryDirectory } from './tmp.ts';

export interface ProcessWorld extends RuntimeWorld, AsyncDisposable {
  readonly home: string;
  readonly homeId: string;
  /** Where an instance lies. */
  directoryOf(id: string): string;
  /** Of the engine's first process. */
  pidOf(id: string): Promise<number>;
}

type WorldOptions = Partial<Pick<ProcessRuntimeOptions, 'home' | 'modules' | 'cache'>>;

/** An installation of the process runtime in a directory of its own (0700: what instances see must not depend on it). */
export async function processWorld(options: WorldOptions = {}): Promise<ProcessWorld> {
  const directory = await temporaryDirectory('runtime');
  const home = options.home ?? directory.path;
  const homeId = `test${randomBytes(6).toString('hex')}`;
  const reopen = (): Runtime => createProcessRuntime({ ...options, home, homeId, log: quietLog, clock: systemClock });
  const directoryOf = (id: string): string => path.join(home, 'instances', id);
  const pidOf = async (id: string): Promise<number> => {
    const record = await readFile(path.join(directoryOf(id), 'process'), 'utf8');
    const pid = Number(record.split(' ')[1]);
    assert.ok(pid > 1, record);
    return pid;
  };
  const dispose = async (): Promise<void> => {
    const last = reopen();
    for (const { id } of await last.observeAll()) await last.remove(id);
    await directory[Symbol.asyncDispose]();
  };
  return {
    runtime: reopen(), reopen, home, homeId, directoryOf, pidOf, dispose, [Symbol.asyncDispose]: dispose,
    connect: createConnect(systemClock),
    workload: (engine, overrides) => makeWorkload(engine, engine === 'postgresql' ? 'dbmaker/postgresql:15' : 'dbmaker/redis:7', overrides),
    kill: async (id) => void process.kill(await pidOf(id), 'SIGKILL'),
    can: { pause: true, tellOutOfMemory: process.getuid?.() === 0 && (existsSync('/sys/fs/cgroup/memory/cgroup.procs') || existsSync('/sys/fs/cgroup/cgroup.controllers')) },
  };
}

/** A server in a process of its own, to be killed: it does the steps one after the other, says each before it begins, and then stays. */
export interface OtherServer extends Disposable {
  readonly child: ChildProcess;
  /** Resolves when it is about to begin this step, or (`done`) has finished all. @throws Error when it ends instead */
  reached(step: Step | 'done'): Promise<void>;
  kill(): void;
}

const ROOT = path.resolve(import.meta.dirname, '../..');

/** The same command as another user, who sees this checkout at /mnt: the directories above it may be closed to all but us. */
function asUser(uid: number, command: readonly string[]): string[] {
  const user = String(uid);
  const seen = command.map((one) => path.join('/mnt', path.relative(ROOT, one)));
  const enter = 'mount --bind "$0" /mnt && cd / && exec "$@"';
  return ['unshare', '--mount', '--', 'sh', '-c', enter, ROOT, 'setpriv', '--reuid', user, '--regid', user, '--clear-groups', '--', ...seen];
}

/** `as`: uid under which it runs; default our own. */
export function otherServer(order: OtherServerOrder, options: { as?: number } = {}): OtherServer {
  const node = [process.execPath, path.join(import.meta.dirname, 'process-server.ts')];
  const [program = '', ...argv] = options.as === undefined ? node : asUser(options.as, node);
  const child = spawn(program, argv, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(JSON.stringify(order));
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => { errors += chunk.toString(); });
  const seen = new Set<string>();
  const waiting = new Map<string, () => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    seen.add(line);
    waiting.get(line)?.();
  });
  return {
    child,
    reached: (step) => new Promise((resolve, reject) => {
      if (seen.has(step)) {
        resolve();
        return;
      }
      waiting.set(step, resolve);
      child.once('close', () => reject(new Error(`the other server ended before "${step}": ${errors}`)));
    }),
    kill: () => void child.kill('SIGKILL'),
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}
