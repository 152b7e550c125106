import assert from 'node:assert/strict';
import { withRedis } from '../../support/clients.ts';
import type { Person } from '../../support/person.ts';
import { fillRedis, lookIntoRedis } from './contents.ts';

/** The same on both runtimes. */
export async function redisThereAndBack(ann: Person): Promise<void> {
  const view = await ann.create({ template: 'redis', name: 'cache', resources: { memory: '64MB' } });
  const login = await ann.connection(view.id);
  await fillRedis(login);
  const before = await lookIntoRedis(login);

  const backup = await ann.deleteKeeping(view.id);
  assert.deepEqual([backup.format, backup.files.map(({ name }) => name)], ['rdb', ['dump.rdb.gz']]);
  const restored = await ann.restore(backup.id, { name: 'again' });
  const again = await ann.connection(restored.id);
  assert.deepEqual([again.username, again.password], [restored.slug, login.password]);
  assert.deepEqual(await lookIntoRedis(again), before);
  await withRedis(again, (client) => client.set('after', 'the restore'));
  await ann.act(restored.id, 'restart');
  assert.deepEqual(await withRedis(again, (client) => client.mget('after', 'key:1')), ['the restore', 'value 1 äöü']);

  await ann.act(restored.id, 'sleep');
  const second = await ann.restore((await ann.deleteKeeping(restored.id)).id);
  assert.deepEqual(await withRedis(await ann.connection(second.id), (client) => client.mget('after', 'key:1')), ['the restore', 'value 1 äöü']);
}
