import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { newWebhookSecret, signedHeaders, webhookSecretProblem } from './signature.ts';

/** Of the tests of the specification's own libraries (github.com/standard-webhooks/standard-webhooks, "sign function works"). */
const VECTOR = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  now: 1_614_265_330_000,
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};

test('the known vector of the Standard Webhooks specification is signed as there', () => {
  assert.deepEqual(signedHeaders([VECTOR.secret], VECTOR.id, VECTOR.now, VECTOR.body), {
    'webhook-id': VECTOR.id, 'webhook-timestamp': '1614265330', 'webhook-signature': VECTOR.signature,
  });
  assert.equal(signedHeaders([VECTOR.secret], VECTOR.id, VECTOR.now + 999, VECTOR.body)['webhook-timestamp'], '1614265330');
});

test('while a secret is changed over, both sign', () => {
  const [first, second] = signedHeaders([newWebhookSecret(), VECTOR.secret], VECTOR.id, VECTOR.now, VECTOR.body)['webhook-signature'].split(' ');
  assert.equal(second, VECTOR.signature);
  assert.match(first!, /^v1,[A-Za-z0-9+/]{43}=$/);
  assert.notEqual(first, second);
});

test('a new secret is in order and never the same', () => {
  const secrets = Array.from({ length: 100 }, newWebhookSecret);
  assert.equal(new Set(secrets).size, 100);
  for (const secret of secrets) assert.equal(webhookSecretProblem(secret), null);
});

test('a secret of one\'s own is whsec_ and 24 to 64 bytes in base64, nothing else', () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 0, maxLength: 100 }), (bytes) => {
    const text = Buffer.from(bytes).toString('base64');
    assert.equal(webhookSecretProblem(`whsec_${text}`) === null, bytes.length >= 24 && bytes.length <= 64);
    assert.notEqual(webhookSecretProblem(text), null);
  }));
  for (const wrong of ['', 'whsec_', `${VECTOR.secret} `, `${VECTOR.secret}\n`, `${VECTOR.secret}*`, VECTOR.secret.replace('whsec_', 'whsk_')]) assert.notEqual(webhookSecretProblem(wrong), null, wrong);
});
