import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { DbmakerError } from '../../domain/errors.ts';
import type { Runtime } from '../../domain/ports/runtime.ts';
import { CHANGE_TIMEOUT_MS } from './client.ts';
import type { DockerContext } from './context.ts';
import { hasData, makeDirectories } from './directories.ts';
import { findContainer, tolerating } from './find.ts';
import { findOwnImage } from './helper-container.ts';
import { parseImageUser } from './image-user.ts';
import { seenGone } from './lifecycle.ts';
import { HOME_LABEL, instanceDirectories } from './names.ts';
import { talk } from './talk.ts';

type Pouring = Parameters<typeof talk>[1];

/** @see Runtime.exportData */
export async function exportData(context: DockerContext, id: string, output: Parameters<Runtime['exportData']>[1], options: Parameters<Runtime['exportData']>[2] = {}): Promise<void> {
  const container = await findContainer(context, id);
  if (container?.State.Running === true) throw new DbmakerError('conflict', 'The data of an instance can only be archived while it does not run.');
  if (!await hasData(context, id)) throw new DbmakerError('data_missing', 'The data directory of this instance is gone.');
  const image = await helperImage(context, container?.Config.Image ?? null);
  await tarInside(context, id, { image, argv: ['-C', '/mnt', '-cf', '-', '.'], writable: false }, { output, ...options });
}

/** @see Runtime.importData */
export async function importData(context: DockerContext, ...[workload, input, { signal }]: Parameters<Runtime['importData']>): Promise<void> {
  const { id, image } = workload;
  if (await findContainer(context, id) !== null) throw new DbmakerError('conflict', 'This instance has a container already; its data are not replaced.');
  const inspected = await context.client.call('look at the image', () => context.client.docker.getImage(image).inspect());
  const user = parseImageUser(inspected.Config.User);
  await makeDirectories(context, id, image, user);
  const { data } = instanceDirectories(context.home, id);
  await empty(context, id, data, image);
  // Owners by number: those of the archive, unless the image says which one its process has.
  const owner = user.kind === 'ids' ? ['--owner', String(user.uid), '--group', String(user.gid)] : [];
  await tarInside(context, id, { image: await helperImage(context, image), argv: ['-C', '/mnt', '-xpf', '-', '--numeric-owner', ...owner], writable: true }, { input, ...(signal ? { signal } : {}) });
  if (user.kind === 'ids') await inside(context, id, { image: await helperImage(context, image), program: 'chown', argv: ['-R', '-h', `${String(user.uid)}:${String(user.gid)}`, '/mnt'], writable: true }, {});
}

async function empty(context: DockerContext, id: string, data: string, image: string): Promise<void> {
  try {
    for (const name of await readdir(data)) await rm(path.join(data, name), { recursive: true, force: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw new DbmakerError('runtime_failed', 'What a restore that was cut off had made cannot be removed.', { cause: error });
    await inside(context, id, { image: await helperImage(context, image), program: 'find', argv: ['/mnt', '-xdev', '-mindepth', '1', '-delete'], writable: true }, {});
  }
}

async function helperImage(context: DockerContext, image: string | null): Promise<string> {
  const found = await findOwnImage(context) ?? image; // ours are known to have what it takes; most others do as well
  if (found === null) throw new DbmakerError('image_missing', 'There is no image here whose tar could be used.', { remedy: 'npm run images' });
  return found;
}

async function tarInside(context: DockerContext, id: string, what: { image: string; argv: readonly string[]; writable: boolean }, pouring: Pouring): Promise<void> {
  await inside(context, id, { ...what, program: 'tar' }, pouring);
}

/**
 * Runs a program as root over the data directory, mounted at /mnt: the data belong to others, and we may not be root. Named by the instance, so
 * that one which a killed server left is found and ended; it goes away by itself as well, when nobody reads or writes any more.
 */
async function inside(context: DockerContext, id: string, what: { image: string; program: string; argv: readonly string[]; writable: boolean }, pouring: Pouring): Promise<void> {
  const { client, home, homeId } = context;
  const doing = 'work on the data of the instance';
  const name = `dbmaker-data-${id}`;
  await tolerating([404, 409], () => client.call(doing, (abortSignal) => client.docker.getContainer(name).remove({ force: true, abortSignal }), { timeoutMs: CHANGE_TIMEOUT_MS }));
  await seenGone(context, name);
  const reads = pouring.input !== undefined;
  const container = await client.call(doing, (abortSignal) => client.docker.createContainer({
    name,
    Image: what.image,
    User: '0:0',
    Entrypoint: [what.program],
    Cmd: [...what.argv],
    Labels: { [HOME_LABEL]: homeId },
    OpenStdin: reads,
    StdinOnce: reads,
    AttachStdin: reads,
    HostConfig: {
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      CapAdd: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      AutoRemove: true,
      LogConfig: { Type: 'none', Config: {} }, // what it says is the data
      Mounts: [{ Type: 'bind', Source: instanceDirectories(home, id).data, Target: '/mnt', ReadOnly: !what.writable }],
    },
    abortSignal,
  }), { timeoutMs: CHANGE_TIMEOUT_MS });
  let ended = false;
  try {
    const stream = await client.open(doing, (abortSignal) => container.attach({ stream: true, stdin: reads, stdout: true, stderr: true, hijack: true, abortSignal }), { timeoutMs: CHANGE_TIMEOUT_MS });
    // Before the start: afterwards it may be gone with its exit code. Without a limit: it ends when the pouring does.
    const exit = container.wait({ condition: 'removed' }) as Promise<{ StatusCode: number }>;
    exit.catch(() => undefined); // awaited below, unless something else fails first
    await client.call(doing, (abortSignal) => container.start({ abortSignal }), { timeoutMs: CHANGE_TIMEOUT_MS });
    const stderr = await talk(stream as never, pouring);
    const { StatusCode } = await client.call(doing, () => exit, { timeoutMs: CHANGE_TIMEOUT_MS });
    ended = true;
    if (StatusCode !== 0) throw failure(what.program, StatusCode, stderr, reads);
  } finally {
    if (!ended) {
      await tolerating([404, 409], () => client.call(doing, (abortSignal) => container.remove({ force: true, abortSignal }), { timeoutMs: CHANGE_TIMEOUT_MS }));
    }
  }
}

function failure(program: string, code: number, stderr: string, reads: boolean): DbmakerError {
  const words = stderr.trim().split('\n').slice(-3).join('\n');
  if (/No space left on device|Disk quota exceeded/.test(words)) {
    return new DbmakerError('disk_full', 'The disk of the host is full.', { cause: new Error(words), remedy: 'Make room where DbMaker keeps its data.' });
  }
  if (reads && /not look like a tar archive|Unexpected EOF/i.test(words)) return new DbmakerError('backup_damaged', 'The archive is not one, or it is cut off.', { cause: new Error(words) });
  return new DbmakerError('runtime_failed', `The data of the instance could not be read or written (${program} ended with ${String(code)}): ${words}`);
}
