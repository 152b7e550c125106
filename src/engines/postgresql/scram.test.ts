import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scramVerifier } from './scram.ts';

test('the verifier is the one of RFC 7677\'s example', () => {
  const verifier = scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'));
  assert.equal(verifier, 'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=');
});

test('every verifier has a salt of its own', () => {
  assert.notEqual(scramVerifier('pencil'), scramVerifier('pencil'));
});

test('a password that would have to be normalised is refused instead of locking its owner out', () => {
  for (const password of ['', 'pässword', 'a\nb', 'tab\t', 'a\u00a0b']) assert.throws(() => scramVerifier(password), { code: 'invalid_request' });
});
