import { dockerHome } from '../support/docker-home.ts';
import { ensureDocker, ensureImages } from '../support/docker.ts';
import { dockerWorld } from './runtime/docker-world.ts';
import { runtimeContract } from './runtime.ts';

runtimeContract('docker', async () => {
  const socketPath = await ensureDocker();
  await ensureImages();
  return dockerWorld(await dockerHome(socketPath));
});
