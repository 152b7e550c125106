import { systemClock } from '../../../src/main/clock.ts';
import { createConnect } from '../../../src/net/connect.ts';
import type { DockerHome } from '../../support/docker-home.ts';
import { POSTGRESQL_IMAGE, REDIS_IMAGE } from '../../support/docker.ts';
import { type RuntimeWorld, makeWorkload } from './world.ts';

/** The contract's view of an installation on Docker. */
export function dockerWorld(home: DockerHome): RuntimeWorld {
  return {
    runtime: home.runtime,
    reopen: () => home.open(),
    connect: createConnect(systemClock),
    workload: (engine, overrides) => makeWorkload(engine, engine === 'redis' ? REDIS_IMAGE : POSTGRESQL_IMAGE, overrides),
    kill: async (id) => {
      await home.docker('kill', `dbmaker-${id}`);
    },
    can: { pause: true, tellOutOfMemory: true },
    dispose: async () => home[Symbol.asyncDispose](),
  };
}
