import { createConnect } from '../../src/net/connect.ts';
import { POSTGRESQL_IMAGE, REDIS_IMAGE, ensureDocker, ensureImages } from '../support/docker.ts';
import { dockerHome } from '../support/docker-home.ts';
import { makeWorkload } from './runtime/world.ts';
import { type RuntimeWorld, runtimeContract } from './runtime.ts';

const IMAGES = { postgresql: POSTGRESQL_IMAGE, redis: REDIS_IMAGE };

runtimeContract('docker', async (): Promise<RuntimeWorld> => {
  const socketPath = await ensureDocker();
  await ensureImages();
  const home = await dockerHome(socketPath);
  return {
    runtime: home.runtime,
    reopen: () => home.open(),
    connect: createConnect(),
    workload: (engine, overrides) => makeWorkload(engine, IMAGES[engine], overrides),
    kill: async (id) => {
      await home.docker('kill', `dbmaker-${id}`);
    },
    can: { pause: true, tellOutOfMemory: true },
    dispose: async () => home[Symbol.asyncDispose](),
  };
});
