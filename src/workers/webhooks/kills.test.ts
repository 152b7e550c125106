import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kill } from '../../../test/support/killable.ts';
import { openWebhookHouse } from '../../../test/support/webhook-house.ts';
import { accept, say, startReceiver, verified } from '../../../test/support/webhook-receiver.ts';

/** Strikes a worker at one border between it and the store, then lets another go on: nothing may be missing, and what is doubled has one id. */
async function strike(border: number): Promise<boolean> {
  await using house = await openWebhookHouse();
  let first = true;
  await using receiver = await startReceiver((received, response) => {
    (first ? say(503) : accept)(received, response);
    first = false;
  });
  const { webhook, secret } = await house.add(receiver.url);
  await house.add(receiver.url, { types: ['instance.running'] });
  const events = [await house.event(), await house.event('instance.running'), await house.event()];
  const kill = new Kill(border);
  const worker = house.start({ kill });
  const all = async (): Promise<boolean> => (await house.deliveries(webhook.id)).filter(({ state }) => state === 'delivered').length === events.length && receiver.received.length >= 5;
  await house.until('the kill, or the end', async () => kill.dead || (await all()), { stepMs: 7500 });
  if (kill.dead) {
    void worker.stop(); // never resolves: its calls do not return. Its timers are gone with it
    await sleep(20); // what it had sent before is answered
    house.start();
  }
  await house.until('everything to arrive', all, { stepMs: 7500 });
  const log = await house.deliveries(webhook.id);
  assert.deepEqual(log.map(({ eventId }) => eventId), events, 'the queue holds each event once');
  const mine = receiver.received.filter((received) => verified(received, secret) === 1);
  assert.deepEqual([...new Set(mine.map(({ json }) => json.eventId))], events, 'in order');
  assert.deepEqual([...new Set(mine.map(({ headers }) => headers['webhook-id']))], log.map(({ id }) => id), 'each under one id');
  assert.ok(mine.length <= events.length + 2, 'at most what was under way is sent again');
  return kill.dead;
}

test('a kill -9 between any two calls loses nothing, doubles nothing in the queue, and repeats at most what was under way', { timeout: 300_000 }, async () => {
  let border = 0;
  while (await strike(border)) border += 1;
  assert.ok(border > 60, `only ${border} borders`);
});
