import { readFile } from 'node:fs/promises';
import { execute } from '../execute.ts';

/** How many open files a process can be given: `wanted`, or what this machine allows without more rights than we have. */
export async function allowedOpenFiles(wanted: number): Promise<number> {
  try {
    await execute('prlimit', [`--nofile=${wanted}:${wanted}`, 'true']);
    return wanted;
  } catch {
    return Number(/^Max open files\s+\d+\s+(\d+)/m.exec(await readFile('/proc/self/limits', 'utf8'))?.[1]); // no CAP_SYS_RESOURCE, as in many containers
  }
}
