/** How much is going on at databases: a row of numbers for each, and what open pages are told of it. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { PulseFeed } from '../../src/api/events/pulse-feed.ts';
import { STEP_MS, stepBegin } from '../../src/domain/monitoring/pulse.ts';
import { copyInstance } from '../bench/rows.ts';
import { EventClient } from '../support/event-source.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { quickest } from '../support/quickest.ts';
import { quietLog } from '../support/quiet-log.ts';
import { waitFor } from '../support/wait.ts';
import { create, startApi, type Harness } from './api-harness.ts';

interface Activity { readonly stepSeconds: number; readonly from: string; readonly items: Record<string, number[]> }
const MANY = 10_000;

const activity = async (api: Harness, token: string, query = ''): Promise<Activity> => {
  const { status, text, headers } = await api.ask(`/api/containers/activity${query}`, { token });
  assert.equal(status, 200, text);
  assert.equal(headers['content-type'], 'application/json; charset=utf-8');
  return JSON.parse(text) as Activity;
};
/** What goes on is told by the half hour: what is compared here has to lie in one of them. Near its end the next one is waited for. */
async function withinOneStep(): Promise<void> {
  const next = stepBegin(Date.now()) + STEP_MS;
  if (next - Date.now() < 20_000) await waitFor(() => Date.now() >= next, { what: 'the next half hour', timeoutMs: 60_000 });
}
/** As the gateways report it, and noted. */
async function pass(api: Harness, bytes: Readonly<Record<string, number>>): Promise<void> {
  await api.store.activity.report('g', Object.entries(bytes).map(([instanceId, count]) => ({ instanceId, open: 0, sessions: 0, connections: 1, bytesIn: count, bytesOut: 0, lastUsedAt: Date.now() })));
  await api.store.pulses.note();
}

test('everybody sees what goes on at what they see, an admin at all or only at theirs', async () => {
  await withinOneStep();
  await using api = await startApi();
  const [ann, bob] = [await api.person('ann'), await api.person('bob')];
  const [one, idle, other, own] = [await create(api, ann.token, 'one'), await create(api, ann.token, 'idle'), await create(api, bob.token, 'other'), await create(api, api.admin.token, 'own')];
  await api.store.pulses.note();
  await pass(api, { [one.id]: 10, [other.id]: 20, [own.id]: 30 });
  const seen = await activity(api, ann.token);
  assert.deepEqual([seen.stepSeconds, Object.keys(seen.items), seen.items[one.id]?.length, seen.items[one.id]?.at(-1)], [1800, [one.id], 48, 10]);
  assert.equal(Date.parse(seen.from), stepBegin(Date.now()) - 47 * STEP_MS);
  assert.equal(seen.items[idle.id], undefined);
  assert.deepEqual(Object.keys((await activity(api, api.admin.token)).items).sort(), [one.id, other.id, own.id].sort());
  assert.deepEqual(Object.keys((await activity(api, api.admin.token, '?mine=true')).items), [own.id]);
  assert.deepEqual(Object.keys((await activity(api, ann.token, '?mine=false')).items), [one.id]);
  await api.ask(`/api/containers/${one.id}/shares/bob`, { method: 'PUT', token: ann.token, body: { access: 'viewer' } });
  assert.deepEqual(Object.keys((await activity(api, bob.token)).items).sort(), [one.id, other.id].sort());
});

test('open streams are told once a minute what is new, each of what it sees, by one read for all; nobody is asked while none is open', async () => {
  await withinOneStep();
  const clock = new ManualClock(Date.now() - 3_600_000); // whatever it is moved by here, what the store notes is newer
  await using api = await startApi({ clock });
  const url = `${await api.app.listen({ host: '127.0.0.1', port: 0 })}/events/containers`;
  const [ann, bob] = [await api.person('ann'), await api.person('bob')];
  const [one, other] = [await create(api, ann.token, 'one'), await create(api, bob.token, 'other')];
  await api.store.pulses.note();
  let [reads, answered] = [0, 0];
  const beats = api.store.pulses.beats.bind(api.store.pulses);
  api.store.pulses.beats = async (since) => {
    reads += 1;
    const found = await beats(since);
    answered += 1;
    return found;
  };
  clock.advance(300_000);
  assert.equal(reads, 0);

  using anns = await EventClient.open(url, ann.token);
  using bobs = await EventClient.open(url, bob.token);
  using everybodys = await EventClient.open(`${url}?all=true`, api.admin.token);
  for (const client of [anns, bobs, everybodys]) await client.until('the snapshot', ({ messages }) => messages.length > 0);
  const told = (client: EventClient): unknown[] => client.messages.filter(({ event }) => event === 'activity').map(({ data }) => data['items']);
  /** The next look, and what it told `listeners`; a moment for what is not to come. */
  const look = async (...listeners: EventClient[]): Promise<void> => {
    const [before, heard] = [reads, listeners.map((client) => told(client).length)];
    clock.advance(60_000);
    await waitFor(() => answered === before + 1, { what: 'a read' }); // only then the next one is set for a minute later
    assert.equal(reads, answered);
    await waitFor(() => listeners.every((client, at) => told(client).length > heard[at]!), { what: 'what is new to be told' });
    await new Promise((resolve) => void setTimeout(resolve, 30));
  };
  await look();
  assert.deepEqual([told(anns), told(bobs), told(everybodys)], [[], [], []], 'nothing is new');
  await pass(api, { [one.id]: 10, [other.id]: 20 });
  await look(anns, bobs, everybodys);
  assert.deepEqual([told(anns), told(bobs), told(everybodys)], [[{ [one.id]: 10 }], [{ [other.id]: 20 }], [{ [one.id]: 10, [other.id]: 20 }]]);
  const message = anns.messages.find(({ event }) => event === 'activity');
  assert.deepEqual([message?.id, message?.data['at']], [null, new Date(stepBegin(Date.now())).toISOString()]);
  assert.notEqual(anns.lastEventId, null, 'it goes on after the last event');
  await look();
  assert.equal(told(anns).length, 1, 'not again');
  await api.ask(`/api/containers/${one.id}/shares/bob`, { method: 'PUT', token: ann.token, body: { access: 'viewer' } });
  await pass(api, { [one.id]: 5 });
  await look(anns, bobs);
  assert.deepEqual([told(anns).at(-1), told(bobs).at(-1)], [{ [one.id]: 15 }, { [one.id]: 15 }], 'the value so far, not what was added');
  for (const client of [anns, bobs, everybodys]) client[Symbol.dispose]();
  await waitFor(async () => (await api.ask('/metrics', { token: api.admin.token })).text.includes('dbmaker_event_streams 0'), { what: 'the streams to be closed' });
  const before = reads;
  clock.advance(600_000);
  assert.equal(reads, before);
});

test('a store that is away is asked again; what it says then is told', async () => {
  const clock = new ManualClock();
  let away = true;
  const pulses = { beats: async () => { if (away) throw new Error('away'); return [{ instanceId: 'a', ownerId: 'ann', at: 0, bytes: 7 }]; } };
  const feed = new PulseFeed({ store: { pulses, shares: { of: async () => new Map() } }, clock, log: quietLog });
  const heard: unknown[] = [];
  const leave = feed.join({ listener: { userId: 'ann', isAdmin: false, all: false }, tell: (at, items) => heard.push([at, items]) });
  clock.advance(60_000);
  await waitFor(() => clock.nextAt() !== null, { what: 'the next look' });
  away = false;
  clock.advance(60_000);
  await waitFor(() => heard.length > 0, { what: 'the beat' });
  assert.deepEqual(heard, [[0, { a: 7 }]]);
  leave();
  assert.equal(clock.nextAt(), null);
});

test(`${String(MANY)} databases at which something goes on all the time are told within a bound, and who has few waits for none of them`, { timeout: 120_000 }, async () => {
  await using api = await startApi();
  const ann = await api.person('ann');
  await create(api, ann.token, 'pattern');
  copyInstance(api.home, MANY);
  const ids = (await api.store.instances.overview()).map(({ id }) => id);
  assert.equal(ids.length, MANY + 1);
  await api.store.pulses.note();
  await pass(api, Object.fromEntries(ids.map((id, index) => [id, index + 1e9])));
  // A day of it.
  const database = new DatabaseSync(`${api.home}/dbmaker.sqlite`);
  const first = stepBegin(Date.now()) / STEP_MS - 47;
  database.prepare("update samples set points = ? where resolution = 'pulse'").run(JSON.stringify([1e9, first, ...Array.from({ length: 48 }, (_, index) => 1e9 + index)]));
  database.close();

  const tookAll = await quickest(async () => {
    const all = await activity(api, api.admin.token);
    assert.deepEqual([Object.keys(all.items).length, all.items[ids[7]!]?.length], [MANY + 1, 48]);
  }, { tries: 3 });
  assert.ok(tookAll < 3000, `${String(tookAll)} ms`);
  const bob = await api.person('bob');
  const { id } = await create(api, bob.token, 'few');
  await pass(api, { [id]: 5 });
  const few = await quickest(async () => { assert.deepEqual(Object.keys((await activity(api, bob.token)).items), [id]); }, { tries: 5 });
  assert.ok(few < 200, `${String(few)} ms for one of few`);
});
