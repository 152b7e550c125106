import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { withinBounds } from './instance-input.ts';

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

test('the defaults of a template, and of the server, are no more than the template itself allows', () => {
  const allow = { sleepAfter: '1h', removeAfter: '24h', ttl: '7d' };
  const bounds = { sleepAfterMs: HOUR, removeAfterMs: 24 * HOUR, expiresAt: NOW + 168 * HOUR };
  assert.deepEqual(withinBounds({ sleepAfterMs: 2 * HOUR, removeAfterMs: 48 * HOUR, expiresAt: NOW + 1000 * HOUR }, allow, NOW), bounds);
  assert.deepEqual(withinBounds({ sleepAfterMs: null, removeAfterMs: null, expiresAt: null }, allow, NOW), bounds, 'never is more than anything');
  assert.deepEqual(withinBounds({}, allow, NOW), bounds, 'and so is nothing said');
  assert.deepEqual(withinBounds({ sleepAfterMs: 60_000, removeAfterMs: HOUR, expiresAt: NOW + HOUR }, allow, NOW), { sleepAfterMs: 60_000, removeAfterMs: HOUR, expiresAt: NOW + HOUR }, 'what is less stays');
  assert.deepEqual(withinBounds({}, {}, NOW), { sleepAfterMs: null, removeAfterMs: null });
  assert.deepEqual(withinBounds({ sleepAfterMs: null, removeAfterMs: 5 }, { sleepAfter: 'never' }, NOW), { sleepAfterMs: null, removeAfterMs: 5 });
});

test('whatever the defaults are, none is above its bound', () => {
  const ms = fc.option(fc.integer({ min: 0, max: 1e12 }), { nil: null });
  fc.assert(fc.property(ms, ms, ms, fc.integer({ min: 1, max: 10_000 }), (sleepAfterMs, removeAfterMs, ttl, hours) => {
    const most = hours * HOUR;
    const bound = `${String(hours)}h`;
    const given = withinBounds({ sleepAfterMs, removeAfterMs, expiresAt: ttl === null ? null : NOW + ttl }, { sleepAfter: bound, removeAfter: bound, ttl: bound }, NOW);
    for (const value of [given.sleepAfterMs, given.removeAfterMs, (given.expiresAt ?? Infinity) - NOW]) assert.ok(value !== null && value <= most);
  }));
});
