import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startServer } from '../support/server.ts';

const skip = process.getuid?.() === 0 ? false : 'only root has capabilities to lose';

/** As in a plain container: root, but it may not look into processes of other users, and control groups cannot be written. */
test('a root that may not look into other processes still stops, restarts and removes databases', { skip, timeout: 120_000 }, async () => {
  await using server = await startServer({ runtime: 'process', through: ['setpriv', '--bounding-set=-sys_ptrace', '--inh-caps=-sys_ptrace', '--'] });
  const names = ['postgresql', 'redis'];
  await Promise.all(names.map(async (template) => {
    const created = await server.api<{ id: string; status: string }>('POST', '/api/containers', { template, name: `a-${template}` }, { prefer: 'wait=60' });
    assert.equal(created.status, 201, JSON.stringify(created.body));
    const url = `/api/containers/${created.body.id}`;
    const restarted = await server.api<{ status: string }>('POST', `${url}/restart`, undefined, { prefer: 'wait=60' });
    assert.equal(restarted.body.status, 'running');
    const removed = await server.api('DELETE', url, undefined, { prefer: 'wait=60' });
    assert.equal(removed.status, 204);
  }));
});
