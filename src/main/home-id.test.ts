import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { openStore } from '../store/index.ts';
import { temporaryDirectory } from '../../test/support/tmp.ts';
import { systemClock } from './clock.ts';
import { claimStore } from './home-id.ts';

const shared = { storeIsInHome: false };

test('a home keeps its id, also when its first start was cut off before the file was written', async () => {
  await using directory = await temporaryDirectory('home-id');
  const store = await openStore({ home: directory.path, databaseUrl: null, clock: systemClock });
  try {
    const id = await claimStore(store, directory.path, shared);
    assert.match(id, /^[0-9a-f]{16}$/);
    assert.equal(await claimStore(store, directory.path, shared), id);
    await rm(path.join(directory.path, 'home.id'));
    assert.equal(await claimStore(store, directory.path, shared), id);
  } finally {
    await store.close();
  }
});

test('a store that holds the databases of another home is refused, and stays that home\'s', async () => {
  await using directory = await temporaryDirectory('home-id');
  await using other = await temporaryDirectory('home-id');
  const store = await openStore({ home: directory.path, databaseUrl: null, clock: systemClock });
  try {
    const id = await claimStore(store, directory.path, shared);
    await store.users.create({ id: 'u', username: 'alice', displayName: 'Alice', email: null, role: 'user', quota: { instances: 9, memoryBytes: 1e12, cpus: 99, backupBytes: 2 ** 40 } });
    const port = await store.ports.reserve({ from: 10_000, to: 10_001 }, 60_000);
    const template = { name: 'Redis', type: 'redis', image: 'x', defaultPort: 1, connectionStringTemplate: 'x' };
    const spec = { desired: 'running', template, resources: { memoryBytes: 1, cpus: 1, pids: 1 }, username: 'a', database: '0', sleepAfterMs: null, removeAfterMs: null, access: { tlsOnly: false, allow: [] } } as const;
    await store.instances.create({ id: 'iaaaaaaaaaaa', ownerId: 'u', ownerName: 'alice', name: 'a', templateKey: 'redis', type: 'redis', engine: 'redis', slug: 'alice-redis-abcd', port, spec, secrets: { password: 'x', nextPassword: null } });
    await assert.rejects(claimStore(store, other.path, shared), { code: 'invalid_configuration' });
    assert.equal(await claimStore(store, directory.path, shared), id);
  } finally {
    await store.close();
  }
});
