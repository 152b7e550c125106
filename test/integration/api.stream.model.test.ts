import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventClient } from '../support/event-source.ts';
import { createRandom } from '../support/random.ts';
import { waitFor } from '../support/wait.ts';
import { create, startApi, type Person } from './api-harness.ts';

/** What a page knows: as a console it takes snapshots for all that there is, and events for the present state of one. */
class Page {
  readonly known = new Map<string, string>();
  #taken = 0;
  #snapshot = new Map<string, string>();

  take({ messages }: EventClient): void {
    for (const { event, data } of messages.slice(this.#taken)) {
      if (event === 'snapshot') {
        if (data['first'] === true) this.#snapshot = new Map();
        for (const { id, access } of data['containers'] as { id: string; access: string }[]) this.#snapshot.set(id, access);
        if (data['done'] !== true) continue;
        this.known.clear();
        for (const [id, access] of this.#snapshot) this.known.set(id, access);
      } else if (event === 'message') {
        const container = data['container'] as { access: string } | null;
        if (container === null) this.known.delete(data['containerId'] as string);
        else this.known.set(data['containerId'] as string, container.access);
      }
    }
    this.#taken = messages.length;
  }

  /** Another connection begins. */
  again(): void {
    this.#taken = 0;
  }
}

test('whatever is shared, unshared, made and removed while somebody comes and goes: what they know in the end is what there is', async () => {
  const random = createRandom();
  await using api = await startApi();
  const url = `${await api.app.listen({ host: '127.0.0.1', port: 0 })}/events/containers`;
  const [ann, bob] = [await api.person('ann'), await api.person('bob')];
  const ids: { ann: string[]; bob: string[] } = { ann: [], bob: [] };
  const history: string[] = [];
  let made = 0;
  const pick = <T>(all: readonly T[]): T => random.pick(all) as T;
  const make = async (name: 'ann' | 'bob', person: Person): Promise<void> => { ids[name].push((await create(api, person.token, `n${String((made += 1))}`, 'redis')).id); };
  const steps: (() => Promise<unknown>)[] = [
    () => api.store.shares.put(pick(ids.ann), bob.user.id, 'viewer', { by: 'ann', limit: 9 }),
    () => api.store.shares.put(pick(ids.ann), bob.user.id, 'operator', { by: 'ann', limit: 9 }),
    () => api.store.shares.remove(pick(ids.ann), bob.user.id, { by: 'ann' }),
    () => api.store.shares.remove(pick(ids.ann), bob.user.id, { by: 'bob' }),
    () => api.store.events.append({ instanceId: pick(ids.ann), ownerId: ann.user.id, type: 'instance.noted', message: '', data: {} }),
    () => make('ann', ann),
    () => make('bob', bob),
    async () => {
      const whose = pick(['ann', 'bob'] as const);
      if (ids[whose].length < 3) return;
      const id = pick(ids[whose]);
      ids[whose] = ids[whose].filter((one) => one !== id);
      await api.store.instances.change(id, { desired: 'deleted' });
      await api.close(id);
    },
  ];
  for (let count = 0; count < 3; count += 1) await make('ann', ann);
  await make('bob', bob);
  const page = new Page();
  let last: string | null = null;
  for (let round = 0; round < 25; round += 1) {
    const client = await EventClient.open(url, bob.token, last);
    for (let count = random.between(0, 11); count >= 0; count -= 1) {
      const index = random.between(0, steps.length - 1);
      history.push(`${String(round)}:${String(index)}`);
      await steps[index]!();
      if (random.unit() < 0.1) await new Promise((resolve) => setTimeout(resolve, 250)); // the stream looks in between
    }
    if (random.unit() < 0.3) client[Symbol.dispose](); // it leaves at any moment; what it has heard by then it has
    page.take(client);
    last = client.lastEventId ?? last;
    client[Symbol.dispose]();
    page.again();
    for (let count = random.between(0, 5); count > 0; count -= 1) {
      history.push(`away:${String(round)}`);
      await pick(steps)();
    }
  }
  using client = await EventClient.open(url, bob.token, last);
  const visible = async (): Promise<string[]> => (await api.store.instances.listVisible(bob.user.id, {}, { limit: 200 })).items.map(({ instance, access }) => `${instance.id} ${access}`).sort();
  const expected = await visible();
  await waitFor(() => {
    page.take(client);
    return JSON.stringify([...page.known].map(([id, access]) => `${id} ${access}`).sort()) === JSON.stringify(expected);
  }, { what: 'the page to know what there is', explain: async () => JSON.stringify({ seed: random.seed, history, known: [...page.known], expected }) });
  await new Promise((resolve) => setTimeout(resolve, 500)); // and nothing that follows changes it
  page.take(client);
  assert.deepEqual([...page.known].map(([id, access]) => `${id} ${access}`).sort(), expected, `seed ${String(random.seed)}: ${history.join(' ')}`);
});
