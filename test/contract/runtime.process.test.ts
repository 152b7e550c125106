import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { systemClock } from '../../src/main/clock.ts';
import { createConnect } from '../../src/net/connect.ts';
import { createProcessRuntime } from '../../src/runtimes/process/index.ts';
import { temporaryDirectory } from '../support/tmp.ts';
import { makeWorkload } from './runtime/world.ts';
import { type RuntimeWorld, runtimeContract } from './runtime.ts';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, child: () => quiet };

runtimeContract('process', async (): Promise<RuntimeWorld> => {
  const home = await temporaryDirectory('runtime'); // 0700: what instances see of the world must not depend on it
  const homeId = `test${randomBytes(6).toString('hex')}`;
  const open = () => createProcessRuntime({ home: home.path, homeId, log: quiet, clock: systemClock });
  const runtime = open();
  return {
    runtime,
    reopen: open,
    connect: createConnect(),
    workload: (engine, overrides) => makeWorkload(engine, engine === 'postgresql' ? 'dbmaker/postgresql:15' : 'dbmaker/redis:7', overrides),
    kill: async (id) => {
      const record = await readFile(path.join(home.path, 'instances', id, 'process'), 'utf8');
      const pid = Number(record.split(' ')[1]);
      assert.ok(pid > 1, record);
      process.kill(pid, 'SIGKILL');
    },
    can: { pause: true, tellOutOfMemory: existsSync('/sys/fs/cgroup/memory/dbmaker') || existsSync('/sys/fs/cgroup/dbmaker') },
    dispose: async () => {
      const last = open();
      for (const { id } of await last.observeAll()) await last.remove(id);
      await rm(home.path, { recursive: true, force: true });
    },
  };
});
