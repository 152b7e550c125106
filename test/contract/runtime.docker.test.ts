import { randomBytes } from 'node:crypto';
import { createDockerRuntime } from '../../src/runtimes/docker/index.ts';
import { systemClock } from '../../src/main/clock.ts';
import { createConnect } from '../../src/net/connect.ts';
import { IMAGES_DIRECTORY, POSTGRESQL_IMAGE, REDIS_IMAGE, docker, ensureDocker, ensureImages } from '../support/docker.ts';
import { temporaryDirectory } from '../support/tmp.ts';
import { makeWorkload } from './runtime/world.ts';
import { type RuntimeWorld, runtimeContract } from './runtime.ts';

const IMAGES = { postgresql: POSTGRESQL_IMAGE, redis: REDIS_IMAGE };
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, child: () => quiet };

runtimeContract('docker', async (): Promise<RuntimeWorld> => {
  const socketPath = await ensureDocker();
  await ensureImages();
  const home = await temporaryDirectory('runtime');
  const homeId = `test${randomBytes(6).toString('hex')}`;
  const open = () => createDockerRuntime({ home: home.path, homeId, socketPath, imagesDirectory: IMAGES_DIRECTORY, log: quiet, clock: systemClock });
  return {
    runtime: open(),
    reopen: open,
    connect: createConnect(),
    workload: (engine, overrides) => makeWorkload(engine, IMAGES[engine], overrides),
    kill: async (id) => {
      await docker(socketPath, ['kill', `dbmaker-${id}`]);
    },
    can: { pause: true, tellOutOfMemory: true },
    dispose: async () => {
      const ids = (await docker(socketPath, ['ps', '-aq', '--filter', `label=dbmaker.home=${homeId}`])).split('\n').filter((id) => id !== '');
      if (ids.length > 0) await docker(socketPath, ['rm', '-f', '-v', ...ids]);
      await home[Symbol.asyncDispose]();
    },
  };
});
