import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { exportJWK, jwtVerify, SignJWT } from 'jose';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { DbmakerError } from '../../domain/errors.ts';
import type { PublicKey } from '../../domain/ports/issuer.ts';
import { KeyRing } from './key-ring.ts';

/** An issuer with the keys that `names` says, and a count of how often it was asked. */
function world(names: string[]) {
  const clock = new ManualClock();
  const pairs = new Map<string, ReturnType<typeof generateKeyPairSync>>();
  const pair = (name: string) => pairs.get(name) ?? pairs.set(name, generateKeyPairSync('rsa', { modulusLength: 2048 })).get(name)!;
  const state = { names, asked: 0, away: false };
  const ring = new KeyRing({
    clock, cooldownMs: 10_000,
    async load() {
      state.asked += 1;
      if (state.away) throw new DbmakerError('issuer_unavailable', 'away');
      return Promise.all(state.names.map(async (kid): Promise<PublicKey> => ({ ...(await exportJWK(pair(kid).publicKey)), kid, alg: 'RS256', use: 'sig' })));
    },
  });
  const verify = async (kid: string): Promise<string> => {
    const token = await new SignJWT({}).setProtectedHeader({ alg: 'RS256', kid }).sign(pair(kid).privateKey);
    return jwtVerify(token, ring.find, { algorithms: ['RS256'] }).then(() => 'good', (error: unknown) => (error as { code: string }).code);
  };
  return { clock, state, verify };
}

test('a new key is found by asking again, but names that nobody knows make nobody ask more often than every so many seconds', async () => {
  const { clock, state, verify } = world(['a']);
  assert.deepEqual(await Promise.all([verify('a'), verify('a')]), ['good', 'good']);
  assert.equal(state.asked, 1, 'two at once ask once');
  state.names = ['b', 'a'];
  assert.equal(await verify('b'), 'ERR_JWKS_NO_MATCHING_KEY');
  assert.equal(state.asked, 1);
  clock.advance(10_000);
  assert.equal(await verify('b'), 'good');
  for (let count = 0; count < 5; count += 1) assert.equal(await verify('made up'), 'ERR_JWKS_NO_MATCHING_KEY');
  assert.equal(state.asked, 2);
});

test('a key that was taken back is good for nothing after ten minutes; while the issuer is away, known keys go on', async () => {
  const { clock, state, verify } = world(['a']);
  assert.equal(await verify('a'), 'good');
  state.away = true;
  clock.advance(11 * 60_000);
  assert.equal(await verify('a'), 'good');
  assert.equal(await verify('b'), 'ERR_JWKS_NO_MATCHING_KEY');
  Object.assign(state, { away: false, names: ['b'] });
  clock.advance(11 * 60_000);
  assert.equal(await verify('a'), 'ERR_JWKS_NO_MATCHING_KEY');
});

test('an issuer that was never reached is said to be away, and found once it is there', async () => {
  const { state, verify } = world(['a']);
  state.away = true;
  assert.equal(await verify('a'), 'issuer_unavailable');
  state.away = false;
  assert.equal(await verify('a'), 'good');
});
