/**
 * A process that writes to the SQLite store in `argv[2]` until it is killed, and says on its standard output what was acknowledged:
 * one JSON line after each write. `argv[3]` is its name; with `argv[4]` = `open` it only opens and closes.
 */
import { writeSync } from 'node:fs';
import { openStore } from '../../src/store/index.ts';
import { systemClock as clock } from '../../src/main/clock.ts';
import { newInstance, RANGE } from './store.ts';

export interface Acknowledged {
  readonly instanceId: string;
  readonly port: number;
  readonly generation: number;
}

const [home = '', name = '', mode = 'write'] = process.argv.slice(2);
const store = await openStore({ home, databaseUrl: null, clock });
if (mode === 'open') {
  await store.close();
} else {
  const owner = await store.users.create({
    id: name, username: name, displayName: name, email: null, role: 'user', quota: { instances: 1e6, memoryBytes: 1e15, cpus: 1e6, backupBytes: 2 ** 40 },
  });
  for (let index = 0; index < 100_000; index += 1) {
    const port = await store.ports.reserve(RANGE, 60_000);
    const instance = await store.instances.create(newInstance(owner, port, { id: `${name}x${index}` }));
    say({ instanceId: instance.id, port, generation: 1 });
    await store.instances.change(instance.id, { restart: true }, { event: { type: 'instance.restarting', message: 'x'.repeat(500), data: {} } });
    say({ instanceId: instance.id, port, generation: 2 });
  }
}

function say(line: Acknowledged): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}
