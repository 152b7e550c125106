import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { SetupError } from '../setup/index.mjs';

const PATIENCE_MS = 1_800_000;

/**
 * Runs `work` while nobody else on this machine makes images in the same Docker Engine; the kernel lets go of the lock however we end.
 * Only Linux has such sockets without a file. Elsewhere two at once merely do the same work twice: tags are set at the end.
 */
export async function alone(work) {
  if (process.platform !== 'linux') return work();
  const engine = createHash('sha256').update(process.env.DOCKER_HOST ?? '').digest('hex').slice(0, 16);
  const deadline = Date.now() + PATIENCE_MS;
  let server = await listen(`\0dbmaker-images-${engine}`);
  if (!server) console.log('Somebody else is making the images: waiting for them ...');
  while (!server) {
    if (Date.now() > deadline) throw new SetupError('Somebody else has been making the images for half an hour.', { remedy: 'end the other "npm run images"' });
    await delay(250);
    server = await listen(`\0dbmaker-images-${engine}`);
  }
  try {
    return await work();
  } finally {
    server.close();
  }
}

function listen(name) {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(null) : reject(error)));
    server.listen(name, () => resolve(server));
  });
}
