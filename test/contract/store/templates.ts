import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failure, TEMPLATE } from '../../support/store.ts';
import type { OpenStore } from '../store.ts';

export function templateContract(open: OpenStore): void {
  const newer = { ...TEMPLATE, image: 'redis:7.4' };

  describe('templates', () => {
    test('a template is kept as it was given', async () => {
      await using under = await open();
      const { templates } = under.store;
      const document = { ...TEMPLATE, environmentVariables: { A: '{username}', B: '' }, command: ['a', '-b'], description: '"\\ \u0000 🦭' };
      const created = await templates.create('redis', document, { builtin: false });
      assert.deepEqual(created, { key: 'redis', document, builtin: false, availability: null, createdAt: under.clock.now(), updatedAt: under.clock.now() });
      assert.deepEqual(await templates.get('redis'), created);
      assert.deepEqual(await templates.list(), [created]);
      assert.equal(await templates.get('mysql'), null);
      await failure(templates.create('redis', TEMPLATE, { builtin: false }), 'conflict');
    });

    test('a built-in one follows the program until an admin edits it', async () => {
      await using under = await open();
      const { templates } = under.store;
      assert.equal((await templates.putBuiltin('redis', TEMPLATE)).builtin, true);
      assert.deepEqual((await templates.putBuiltin('redis', newer)).document, newer);
      const edited = await templates.replace('redis', { ...TEMPLATE, image: 'mine:1' });
      assert.equal(edited.builtin, false);
      assert.deepEqual(await templates.putBuiltin('redis', newer), edited);
    });

    test('what a worker found out stays with the document that it looked at', async () => {
      await using under = await open();
      const { templates } = under.store;
      await templates.putBuiltin('redis', TEMPLATE);
      const availability = { available: false, reason: 'redis-server is not installed.', remedy: 'apt-get install redis-server' } as const;
      await templates.setAvailability('redis', availability);
      under.clock.advance(1000);
      const unchanged = await templates.putBuiltin('redis', TEMPLATE);
      assert.deepEqual([unchanged.availability, unchanged.updatedAt], [availability, unchanged.createdAt]);
      assert.equal((await templates.putBuiltin('redis', newer)).availability, null);
      await templates.setAvailability('redis', { available: true });
      assert.deepEqual((await templates.get('redis'))?.availability, { available: true });
      assert.equal((await templates.replace('redis', TEMPLATE)).availability, null);
      await templates.setAvailability('deleted meanwhile', { available: true });
    });

    test('replacing or deleting one that is not there says so', async () => {
      await using under = await open();
      const { templates } = under.store;
      await templates.create('redis', TEMPLATE, { builtin: true });
      await templates.delete('redis');
      await failure(templates.delete('redis'), 'template_not_found');
      await failure(templates.replace('redis', TEMPLATE), 'template_not_found');
    });
  });
}
