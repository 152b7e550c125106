import { readFile } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { deadline } from '../../domain/deadline.ts';
import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';
import type { ExecResult, Runtime } from '../../domain/ports/runtime.ts';
import type { DockerContext } from './context.ts';
import { readFrames } from './demultiplex.ts';
import { asRuntimeError } from './errors.ts';
import { findContainer } from './find.ts';
import { pause } from '../../domain/pause.ts';

const MAX_OUTPUT_BYTES = 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 60_000;
const LATE_START_PAUSE_MS = 50;
const LATE_START_TRIES = 200;

/** @throws not_running; runtime_failed when it takes longer than `timeoutMs` (default 60,000): it is killed then */
export async function exec(context: DockerContext, id: string, argv: readonly string[], options: Parameters<Runtime['exec']>[2] = {}): Promise<ExecResult> {
  const { client } = context;
  const { input, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const container = await findContainer(context, id);
  if (container === null || !container.State.Running || container.State.Paused) throw new DbmakerError('not_running', 'The instance does not run.');
  const command = await client.call('run a program in the container', (abortSignal) => client.docker.getContainer(container.Id).exec({
    Cmd: [...argv], AttachStdin: input !== undefined, AttachStdout: true, AttachStderr: true, abortSignal,
  }));
  using limit = deadline(context.clock, timeoutMs);
  const late = limit.signal;
  try {
    // A little longer than `late`, so that it is `late` that speaks when the engine takes its time to begin.
    const stream = await client.open('run a program in the container', (abortSignal) => command.start({ hijack: true, stdin: true, abortSignal }), { timeoutMs: timeoutMs + 1000, signal: late });
    return await talk(context, command, stream, { input: input ?? '', late });
  } catch (error) {
    if (!late.aborted) throw isDbmakerError(error) ? error : asRuntimeError(error, 'run a program in the container', client.address);
    await killExec(context, command, container.Id);
    throw new DbmakerError('runtime_failed', `A program in the container took longer than ${timeoutMs} ms.`, { cause: error });
  }
}

async function talk(context: DockerContext, command: Docker.Exec, stream: Duplex, { input, late }: { input: string; late: AbortSignal }): Promise<ExecResult> {
  const end = (): void => void stream.destroy(new Error('too late'));
  late.addEventListener('abort', end, { once: true });
  try {
    late.throwIfAborted();
    stream.end(input);
    const output = await collect(stream);
    return { exitCode: await exitCode(context, command), ...output };
  } finally {
    late.removeEventListener('abort', end);
    stream.destroy();
  }
}

/** Reads to the end, so that the program is never blocked, and keeps the first MiB of each. */
async function collect(stream: Duplex): Promise<Pick<ExecResult, 'stdout' | 'stderr'>> {
  const kept = { stdout: { chunks: [] as Buffer[], size: 0 }, stderr: { chunks: [] as Buffer[], size: 0 } };
  for await (const frame of readFrames(stream)) {
    const one = kept[frame.stream];
    const room = MAX_OUTPUT_BYTES - one.size;
    if (room <= 0) continue;
    one.chunks.push(Buffer.from(frame.data.subarray(0, room)));
    one.size += Math.min(room, frame.data.length);
  }
  return { stdout: Buffer.concat(kept.stdout.chunks).toString('utf8'), stderr: Buffer.concat(kept.stderr.chunks).toString('utf8') };
}

/** The output may end a moment before the engine knows the exit code. */
export async function exitCode(context: DockerContext, command: Docker.Exec): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { Running, ExitCode } = await context.client.call('ask for the exit code', (abortSignal) => command.inspect({ abortSignal }));
    if (!Running && ExitCode !== null) return ExitCode;
    await pause(context.clock, 25);
  }
  throw new DbmakerError('runtime_failed', 'A program in the container closed its output and went on.');
}

/**
 * The engine cannot end an exec. Where its processes are ours to see (same host) we end it ourselves, after making sure that the pid is still
 * one of this container; elsewhere it has lost its input and output and usually ends by that. A loaded engine may begin it only after we
 * have left, so that it is waited for.
 */
export async function killExec(context: DockerContext, command: Docker.Exec, containerId: string): Promise<void> {
  try {
    for (let tries = 0; tries < LATE_START_TRIES; tries += 1) {
      const { Running, Pid, ExitCode } = await context.client.call('end a program in the container', (abortSignal) => command.inspect({ abortSignal }));
      if (!Running && ExitCode !== null) return;
      if (Running && Pid > 1 && (await endProcess(Pid, containerId))) return;
      await pause(context.clock, LATE_START_PAUSE_MS);
    }
    context.log.warn({ container: containerId }, 'a program in a container took too long and may still run');
  } catch (error) {
    context.log.warn({ err: error }, 'a program in a container took too long and may still run');
  }
}

/** Whether the process was one of the container and has been sent its end; the engine's shim that becomes it is in no group of it yet. */
async function endProcess(pid: number, containerId: string): Promise<boolean> {
  const cgroup = await readFile(`/proc/${pid}/cgroup`, 'utf8');
  if (!cgroup.includes(containerId)) return false;
  process.kill(pid, 'SIGKILL');
  return true;
}
