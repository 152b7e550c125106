import { execFile } from 'node:child_process';
import { chmod, chown, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { ifThere } from '../../domain/absent.ts';
import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';
import type { DockerContext } from './context.ts';
import { findOwnImage, runAsRoot } from './helper-container.ts';
import type { ImageUser } from './image-user.ts';
import { type InstanceDirectories, instanceDirectories, instancesDirectory, isInstanceId } from './names.ts';

/**
 * Makes the directories of an instance; what is there stays as it is. The instance directory is ours and 0700, so what is below may be as
 * open as the image needs: nobody else on the host gets there. `image` is used to hand them over when we are not root.
 */
export async function makeDirectories(context: DockerContext, id: string, image: string, user: ImageUser): Promise<InstanceDirectories> {
  const directories = instanceDirectories(context.home, id);
  await onDisk('make the data directory', async () => {
    await makeInstancesDirectory(context);
    await mkdir(directories.root, { mode: 0o700 }).catch(unless('EEXIST'));
    await chmod(directories.root, 0o700);
    for (const directory of [directories.data, directories.run]) {
      await mkdir(directory, { mode: 0o700 }).catch(unless('EEXIST'));
      const { uid } = await lstat(directory);
      if (uid !== process.getuid?.()) continue; // handed over already, by us or by the image itself
      await chmod(directory, user.kind !== 'ids' ? 0o1777 : directory === directories.run ? 0o755 : 0o700).catch(unless('EPERM'));
    }
  });
  if (user.kind === 'ids') await handOver(context, directories, image, user);
  return directories;
}

/**
 * Tells ext4 that what is in here has nothing to do with each other (the flag T), once. Else all clusters share a few block groups, and there
 * every new file steps over all inodes of the instances that were deleted in the last minutes: measured, 0.8 ms for each of 1,000 files.
 */
async function makeInstancesDirectory(context: DockerContext): Promise<void> {
  const instances = instancesDirectory(context.home);
  if (await mkdir(instances, { recursive: true, mode: 0o700 }) === undefined) return;
  await promisify(execFile)('chattr', ['+T', instances], { timeout: 5_000 }).catch((error: unknown) => {
    context.log.debug({ err: error }, 'no chattr +T: another file system, or not ext4\'s tools');
  });
}

/** Gives both directories to the image's user. A kill between mkdir and here is made good by the next call. */
async function handOver(context: DockerContext, directories: InstanceDirectories, image: string, user: { uid: number; gid: number }): Promise<void> {
  const wrong: string[] = [];
  for (const directory of [directories.data, directories.run]) {
    const { uid } = await lstat(directory);
    if (uid !== user.uid) wrong.push(directory);
  }
  for (const directory of wrong) {
    try {
      await chown(directory, user.uid, user.gid);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw diskError(error, 'make the data directory');
      // Not root: Docker is.
      await runAsRoot(context, image, directories.root, ['chown', `${user.uid}:${user.gid}`, `/mnt/${path.basename(directory)}`]);
    }
  }
}

/**
 * Removes data and all of an instance, never following a link out of it, and returns when it was seen gone.
 * `image`: its own, for a host where we may not remove what the image's user owns; null when its container is gone already.
 */
export async function removeDirectories(context: DockerContext, id: string, image: string | null): Promise<void> {
  const { root } = instanceDirectories(context.home, id);
  const remove = (): Promise<void> => rm(root, { recursive: true, force: true, maxRetries: 3 });
  try {
    await remove();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw diskError(error, 'remove the data');
    const helper = image ?? await findOwnImage(context);
    if (helper === null) throw diskError(error, 'remove the data');
    await runAsRoot(context, helper, root, ['find', '/mnt', '-xdev', '-mindepth', '1', '-delete']);
    await onDisk('remove the data', remove);
  }
  if (await exists(root)) throw new DbmakerError('runtime_failed', 'The data directory is still there after its removal.');
}

export async function hasData(context: DockerContext, id: string): Promise<boolean> {
  return exists(instanceDirectories(context.home, id).data);
}

/** Ids of all instances that have a directory, and whether there is data in it. */
export async function listDirectories(context: DockerContext): Promise<Map<string, boolean>> {
  const names = await onDisk('list the data directories', () => ifThere(readdir(instancesDirectory(context.home)))) ?? []; // null: no instance was ever made
  const found = new Map<string, boolean>();
  for (const name of names) {
    if (isInstanceId(name)) found.set(name, await hasData(context, name));
  }
  return found;
}

/** lstat, so that a dangling link counts as something. */
async function exists(file: string): Promise<boolean> {
  return await onDisk('look at the data directory', () => ifThere(lstat(file))) !== null;
}

async function onDisk<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskError(error, doing);
  }
}

/** Somebody else, who does the same, was faster. */
function unless(code: string): (error: unknown) => void {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
  };
}

function diskError(error: unknown, doing: string): DbmakerError {
  if (isDbmakerError(error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new DbmakerError('disk_full', 'The disk of the host is full.', { cause: error, remedy: 'Make room where DbMaker keeps its data.' });
  }
  return new DbmakerError('runtime_failed', `Could not ${doing} (${code ?? 'unknown error'}).`, { cause: error });
}
