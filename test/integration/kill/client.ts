/** Requests of a careful client: every answer is noted, and one that never came is noted as unknown. */
import type { Random } from '../../support/random.ts';
import type { Answer, TestServer } from '../../support/server.ts';
import { waitFor } from '../../support/wait.ts';
import { writeSome } from './databases.ts';
import { applyOutcome } from './model.ts';
import type { Connection, KnownInstance, Outcome, Row, Wanted } from './model.ts';

export class KillClient {
  /** Every instance that may exist. */
  instances: KnownInstance[] = [];
  readonly #server: TestServer;
  readonly #random: Random;
  readonly #note: (line: string) => void;
  readonly #busy = new Set<KnownInstance>();
  #created = 0;

  constructor(server: TestServer, random: Random, note: (line: string) => void) {
    this.#server = server;
    this.#random = random;
    this.#note = note;
  }

  /** One random operation; resolves when it was answered or cut off. */
  async act(limit: number): Promise<void> {
    const living = this.instances.filter(({ id, wanted }) => id !== undefined && !wanted.has('deleted'));
    const instance = this.#random.pick(living);
    if (instance === undefined || (living.length < limit && this.#random.unit() < 0.3)) {
      await (this.instances.length < limit ? this.create() : Promise.resolve());
      return;
    }
    // Writes weigh most: they are what must not be lost.
    const action = this.#random.pick(['write', 'write', 'write', 'stop', 'start', 'start', 'restart', 'sleep', 'rotate-password', 'rotate-password', 'delete'] as const) ?? 'write';
    // Two actions at once on one instance have no order, so that nobody could say which one was the last.
    if (action === 'write') return this.#write(instance);
    if (this.#busy.has(instance)) return;
    this.#busy.add(instance);
    await this.#perform(instance, action).finally(() => this.#busy.delete(instance));
  }

  async #write(instance: KnownInstance): Promise<void> {
    const count = this.#random.between(1, 200);
    const connection = await this.connection(instance).catch(() => null);
    if (connection === null) return;
    await writeSome(instance, connection, count);
    this.#note(`${instance.name} written up to ${instance.attempted.size}, ${instance.written.size} confirmed`);
    // A connection to one that sleeps wakes it.
    if (instance.wanted.has('sleeping')) instance.wanted.add('running');
  }

  async #perform(instance: KnownInstance, action: 'stop' | 'start' | 'restart' | 'sleep' | 'rotate-password' | 'delete'): Promise<void> {
    const target = `/api/containers/${instance.id ?? ''}`;
    const outcome = action === 'delete' ? await this.#ask('DELETE', `${target}?backup=false`) : await this.#ask('POST', `${target}/${action}`);
    const wanted: Partial<Record<typeof action, Wanted>> = { stop: 'stopped', start: 'running', restart: 'running', sleep: 'sleeping', delete: 'deleted' };
    if (wanted[action] !== undefined) applyOutcome(instance, wanted[action], outcome);
    // Anybody who connects ends it, and that may be a write of ours that is under way.
    if (action === 'sleep' && outcome !== 'refused') instance.wanted.add('running');
    this.#note(`${instance.name} ${action}: ${outcome}`);
  }

  async create(): Promise<void> {
    this.#created += 1;
    const instance: KnownInstance = {
      name: `kill-${this.#created}`,
      template: this.#random.unit() < 0.5 ? 'postgresql' : 'redis',
      id: undefined,
      wanted: new Set(['running']),
      written: new Set(),
      attempted: new Set(),
    };
    this.instances.push(instance);
    const answer = await this.#post(instance).catch(() => null);
    if (answer !== null && answer.status >= 400 && answer.status < 500) throw new Error(`POST /api/containers said ${answer.status}: ${JSON.stringify(answer.body)}`);
    instance.id = answer?.body.id;
    this.#note(`${instance.name} (${instance.template}) create: ${instance.id ?? 'unknown'}`);
  }

  /** Repeats each POST whose answer was lost, with the same Idempotency-Key: afterwards there is exactly one of it. */
  async settleCreations(): Promise<void> {
    for (const instance of this.instances.filter(({ id }) => id === undefined)) {
      // The claim of the request that was killed may have to expire first (409).
      const answer = await waitFor(
        async () => {
          const tried = await this.#post(instance);
          return tried.status === 409 ? undefined : tried;
        },
        { what: `the POST of ${instance.name} to be taken up again`, timeoutMs: 30_000, intervalMs: 500 },
      );
      if (answer.status >= 300) throw new Error(`The repeated POST of ${instance.name} said ${answer.status}: ${JSON.stringify(answer.body)}`);
      instance.id = answer.body.id;
      this.#note(`${instance.name} create, repeated: ${instance.id}`);
    }
  }

  async rows(): Promise<Row[]> {
    const answer = await this.#server.api<{ items: Row[] }>('GET', '/api/containers?limit=200');
    if (answer.status !== 200) throw new Error(`GET /api/containers said ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body.items;
  }

  async connection(instance: KnownInstance): Promise<Connection> {
    const answer = await this.#server.api<Connection>('GET', `/api/containers/${instance.id ?? ''}/connection`);
    if (answer.status !== 200) throw new Error(`GET connection of ${instance.name} said ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** @throws Error unless it is accepted */
  async start(instance: KnownInstance): Promise<void> {
    const answer = await this.#server.api('POST', `/api/containers/${instance.id ?? ''}/start`);
    if (answer.status >= 300) throw new Error(`start of ${instance.name} said ${answer.status}: ${JSON.stringify(answer.body)}`);
    instance.wanted = new Set(['running']);
  }

  #post(instance: KnownInstance): Promise<Answer<{ id: string }>> {
    return this.#server.api<{ id: string }>('POST', '/api/containers', { template: instance.template, name: instance.name }, { 'idempotency-key': `key-${instance.name}` });
  }

  async #ask(method: string, target: string): Promise<Outcome> {
    try {
      const { status } = await this.#server.api(method, target);
      return status < 300 ? 'done' : status < 500 ? 'refused' : 'unknown';
    } catch {
      return 'unknown';
    }
  }
}
