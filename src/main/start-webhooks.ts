import { networkInterfaces } from 'node:os';
import type { Config } from '../config/config.ts';
import type { Log } from '../domain/ports/log.ts';
import type { SecretBox } from '../domain/ports/secret-box.ts';
import type { Store } from '../domain/ports/store.ts';
import { createPost } from '../workers/webhooks/post.ts';
import { createResolve } from '../workers/webhooks/resolve.ts';
import { WebhookWorker, type WebhookObserver } from '../workers/webhooks/worker.ts';
import { systemClock as clock } from './clock.ts';
import type { Signals } from './signals.ts';

interface WebhookNeeds {
  readonly store: Store;
  readonly secretBox: SecretBox;
  readonly signals: Signals;
  readonly log: Log;
  /** Of leases; the same after a restart if nobody else can have it. */
  readonly holder: string;
  readonly observer: WebhookObserver;
}

/** Starts to send what there is to be told. */
export function startWebhooks(config: Config, { store, secretBox, signals, log, holder, observer }: WebhookNeeds): { stop: () => Promise<void> } {
  const worker = new WebhookWorker({
    store,
    secretBox,
    clock,
    log: log.child({ part: 'webhooks' }),
    random: Math.random,
    observer,
    post: createPost({ clock, resolve: createResolve(), allow: config.webhookAllow, own: ownAddresses, timeoutMs: 10_000 }),
    settings: { holder, pollMs: 1000, leaseMs: 30_000, concurrency: 16, failing: 8, perOwner: 4 },
  });
  signals.onChanged(() => worker.hint());
  signals.onAnyReport(() => worker.hint());
  worker.start();
  return { stop: () => worker.stop() };
}

/** Asked anew each time: a machine's addresses change while it runs. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((interfaces) => (interfaces ?? []).map(({ address }) => address));
}
