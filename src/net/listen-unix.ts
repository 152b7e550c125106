import { once } from 'node:events';
import { constants } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import type { Server } from 'node:net';
import path from 'node:path';

/**
 * Listens on a socket in `directory` (made if need be, for us alone), which is the caller's own: what a process that is gone has left there is
 * replaced. By way of the open directory, as a socket's address has room for 107 bytes only (unix(7)).
 * @throws Error of the file system
 */
export async function listenUnix(server: Server, directory: string, name: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await rm(path.join(directory, name), { force: true });
  const held = await open(directory, constants.O_DIRECTORY);
  try {
    server.listen(`/proc/self/fd/${String(held.fd)}/${name}`);
    await once(server, 'listening');
  } finally {
    await held.close();
  }
}
