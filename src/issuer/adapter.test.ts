import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { temporaryDirectory } from '../../test/support/tmp.ts';
import { openSecretBox, openStore } from '../store/index.ts';
import { Adapter } from './adapter.ts';

test('what strangers make it remember is small: more than a sign-in needs is refused, and nothing of it is kept', async () => {
  await using home = await temporaryDirectory('adapter');
  const clock = new ManualClock();
  const store = await openStore({ home: home.path, databaseUrl: null, clock });
  try {
    const interactions = new Adapter('Interaction', { oidc: store.signIn.oidc, box: await openSecretBox({ home: home.path, key: null }), clock });
    await assert.rejects(interactions.upsert('long', { params: { state: 'x'.repeat(9000) } }, 100), { error: 'invalid_request', statusCode: 400 });
    assert.equal(await interactions.find('long'), undefined);
    const usual = { params: { state: 'x'.repeat(4000) } };
    await interactions.upsert('usual', usual, 100);
    assert.deepEqual(await interactions.find('usual'), usual);
  } finally {
    await store.close();
  }
});

test('of two requests that have read the same refresh token unused, the second is told that it is not good, and all that was given out with it ends', async () => {
  await using home = await temporaryDirectory('adapter');
  const clock = new ManualClock();
  const store = await openStore({ home: home.path, databaseUrl: null, clock });
  try {
    const ports = { oidc: store.signIn.oidc, box: await openSecretBox({ home: home.path, key: null }), clock };
    const [grants, tokens] = [new Adapter('Grant', ports), new Adapter('RefreshToken', ports)];
    await grants.upsert('g', {}, 100);
    await grants.upsert('other', {}, 100);
    for (const id of ['first', 'second']) await tokens.upsert(id, { grantId: 'g' }, 100);
    await tokens.consume('first');
    await assert.rejects(tokens.consume('first'), { error: 'invalid_grant', statusCode: 400 });
    assert.deepEqual([await grants.find('g'), await tokens.find('second'), await grants.find('other')], [undefined, undefined, {}]);
    await assert.rejects(tokens.consume('gone'), { error: 'invalid_grant' });
  } finally {
    await store.close();
  }
});
