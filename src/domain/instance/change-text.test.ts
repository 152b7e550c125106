import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InstanceChangeBody } from '../../api/schemas/instance.ts';
import { changeText } from './change-text.ts';

test('what was changed is told in words, all that can be changed', () => {
  assert.equal(changeText({ name: 'x', sleepAfter: '1h' }), 'Changed: its name, when it sleeps.');
  for (const member of Object.keys(InstanceChangeBody.properties)) assert.notEqual(changeText({ [member]: 1 }), `Changed: ${member}.`);
});
