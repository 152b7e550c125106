import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/** Absolute path of a program on the PATH (and the usual system directories, which root's PATH may lack), or null. */
export function findProgram(name) {
  const directories = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'];
  for (const directory of directories) {
    if (!path.isAbsolute(directory)) continue; // a relative entry would make what runs depend on where we stand
    const file = path.join(directory, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // not here
    }
  }
  return null;
}
