/** A store, a movable clock and a webhook worker on it that sends over real HTTP to receivers on 127.0.0.1. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '../../src/domain/ports/store.ts';
import type { NewWebhook } from '../../src/domain/ports/webhook-store.ts';
import { newWebhookSecret } from '../../src/domain/webhook/signature.ts';
import { systemClock } from '../../src/main/clock.ts';
import { webhookContext, type Delivery, type Webhook } from '../../src/domain/webhook/webhook.ts';
import { openSecretBox, openStore } from '../../src/store/index.ts';
import { createPost } from '../../src/workers/webhooks/post.ts';
import { WebhookWorker } from '../../src/workers/webhooks/worker.ts';
import { Kill, killable } from './killable.ts';
import { ManualClock } from './manual-clock.ts';
import { recordedLog } from './recorded-log.ts';
import { nextId } from './store.ts';

const LIMITS = { holder: 'home', pollMs: 1000, leaseMs: 30_000, concurrency: 16, failing: 8, perOwner: 4 };

export class WebhookHouse implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly store: Store;
  readonly log = recordedLog();
  readonly #home: string;
  readonly #box: Awaited<ReturnType<typeof openSecretBox>>;
  #worker: WebhookWorker | null = null;

  constructor(home: string, clock: ManualClock, store: Store, box: Awaited<ReturnType<typeof openSecretBox>>) {
    this.#home = home;
    this.clock = clock;
    this.store = store;
    this.#box = box;
  }

  /** Starts the worker; `kill`: what it does with the store goes through it. `allow`: see createPost. */
  start({ kill = new Kill(Infinity), allow = ['127.0.0.0/8'], holder = LIMITS.holder }: { kill?: Kill; allow?: string[]; holder?: string } = {}): WebhookWorker {
    // The patience with a receiver is real: on a busy machine the clock here would run away from it.
    const post = createPost({ clock: systemClock, allow, own: () => [], resolve: async () => ['10.0.0.1'], timeoutMs: 10_000 });
    this.#worker = new WebhookWorker({ store: killable(this.store, kill), secretBox: this.#box, clock: this.clock, log: this.log, random: () => 0.5, post, settings: { ...LIMITS, holder } });
    this.#worker.start();
    return this.#worker;
  }

  async stop(): Promise<void> {
    let ended = false;
    const stopping = this.#worker?.stop().finally(() => (ended = true));
    while (!ended && stopping !== undefined) {
      this.clock.advance(100);
      await sleep(1);
    }
    await stopping;
    this.#worker = null;
  }

  async add(url: string, change: Partial<NewWebhook> = {}): Promise<{ webhook: Webhook; secret: string }> {
    const id = nextId();
    const secret = newWebhookSecret();
    const webhook = await this.store.webhooks.create({ id, ownerId: 'u1', url, types: ['*'], secrets: { current: this.seal(id, secret), previous: null }, ...change }, 100);
    return { webhook, secret };
  }

  seal(id: string, secret: string): string {
    return this.#box.seal(secret, webhookContext(id));
  }

  async event(type = 'instance.failed', ownerId = 'u1'): Promise<number> {
    return (await this.store.events.append({ instanceId: 'a1', ownerId, type, message: `${type}: it ended.`, data: { n: 1 } })).id;
  }

  /** The log of a webhook, oldest first. */
  async deliveries(id: string): Promise<Delivery[]> {
    return (await this.store.deliveries.list(id, {}, { limit: 1000 })).items.toReversed();
  }

  /** Moves the clock step by step, with time between for what really happens, until `reached` says so. @throws Error after `steps` */
  async until(what: string, reached: () => boolean | Promise<boolean>, { stepMs = 250, steps = 2000 }: { stepMs?: number; steps?: number } = {}): Promise<void> {
    for (let step = 0; step < steps; step += 1) {
      if (await reached()) return;
      this.clock.advance(stepMs);
      await sleep(2);
    }
    throw new Error(`Waited in vain for ${what}\n${this.log.loud().join('\n')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.store.close();
    rmSync(this.#home, { recursive: true, force: true });
  }
}

export async function openWebhookHouse(): Promise<WebhookHouse> {
  const home = mkdtempSync(path.join(tmpdir(), 'dbm-webhooks-'));
  const clock = new ManualClock();
  return new WebhookHouse(home, clock, await openStore({ home, databaseUrl: null, clock }), await openSecretBox({ home, key: null }));
}
