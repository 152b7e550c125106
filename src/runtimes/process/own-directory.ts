import { chmod, lstat } from 'node:fs/promises';
import path from 'node:path';
import { DbmakerError } from '../../domain/errors.ts';
import { asFileError, makeDirectory } from './files.ts';

/**
 * Makes a directory whose contents instances will run or start from. Refused where somebody else could put theirs in its place: all
 * directories down to it have to be root's or ours and closed to writing by others.
 * @throws DbmakerError engine_unavailable
 */
export async function makeOwnDirectory(directory: string, mode: 0o700 | 0o755): Promise<void> {
  await makeDirectory(path.dirname(directory), 0o755);
  await makeDirectory(directory, mode);
  try {
    for (let current = directory; current !== path.dirname(current); current = path.dirname(current)) {
      const status = await lstat(current);
      const sticky = (status.mode & 0o1000) !== 0;
      if (!status.isDirectory() || (status.uid !== 0 && status.uid !== process.getuid?.()) || ((status.mode & 0o022) !== 0 && !sticky)) {
        throw new DbmakerError('engine_unavailable', `${current} can be written by others: nothing is put there that instances would run.`, {
          remedy: `chown root ${current} && chmod 755 ${current}`,
        });
      }
    }
    await chmod(directory, mode); // whatever the umask made of it
  } catch (error) {
    throw asFileError(error, `${directory} cannot be used.`);
  }
}
