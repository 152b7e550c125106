import { lstat } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { ifThere } from '../../domain/absent.ts';
import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';
import type { Runtime } from '../../domain/ports/runtime.ts';
import type { DockerContext } from './context.ts';
import { asRuntimeError } from './errors.ts';
import { exitCode, killExec } from './exec.ts';
import { type Inspected, findContainer } from './find.ts';
import { parseImageUser } from './image-user.ts';
import { instanceDirectories } from './names.ts';
import { talk } from './talk.ts';

const DOING = 'run a program in the container';
/** For a loaded engine. */
const BEGIN_TIMEOUT_MS = 60_000;

/** @see Runtime.stream */
export async function stream(context: DockerContext, id: string, argv: readonly string[], options: Parameters<Runtime['stream']>[2]): ReturnType<Runtime['stream']> {
  const { client } = context;
  const { environment = {}, input, output, signal } = options;
  const container = await findContainer(context, id);
  if (container === null || !container.State.Running || container.State.Paused) throw new DbmakerError('not_running', 'The instance does not run.');
  const user = await userOf(context, id, container);
  const command = await client.call(DOING, (abortSignal) => client.docker.getContainer(container.Id).exec({
    Cmd: [...argv], AttachStdin: input !== undefined, AttachStdout: true, AttachStderr: true,
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`), ...(user === null ? {} : { User: user }), abortSignal,
  }));
  let over = false;
  try {
    const duplex: Duplex = await client.open(DOING, (abortSignal) => command.start({ hijack: true, stdin: true, abortSignal }), { timeoutMs: BEGIN_TIMEOUT_MS, ...(signal ? { signal } : {}) });
    const stderr = await talk(duplex, { ...(input ? { input } : {}), ...(output ? { output } : {}), ...(signal ? { signal } : {}) });
    over = true;
    return { exitCode: await exitCode(context, command), stderr };
  } catch (error) {
    if (!over) await killExec(context, command, container.Id);
    throw isDbmakerError(error) ? error : asRuntimeError(error, DOING, client.address);
  }
}

/** Images that begin as root become somebody else by themselves, programs that are run inside do not: they run as the data's owner. null: as the image says. */
async function userOf(context: DockerContext, id: string, container: Inspected): Promise<string | null> {
  if (parseImageUser(container.Config.User).kind !== 'root') return null;
  try {
    const data = await ifThere(lstat(instanceDirectories(context.home, id).data));
    // null: it keeps nothing
    return data === null || data.uid === 0 || data.uid === process.getuid?.() ? null : `${String(data.uid)}:${String(data.gid)}`;
  } catch (error) {
    throw new DbmakerError('runtime_failed', 'The owner of the instance\'s data cannot be looked up.', { cause: error });
  }
}
