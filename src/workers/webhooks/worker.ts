import { isDbmakerError } from '../../domain/errors.ts';
import { pause } from '../../domain/pause.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { SecretBox } from '../../domain/ports/secret-box.ts';
import type { Store } from '../../domain/ports/store.ts';
import type { DeliveryClaim, DueWebhook } from '../../domain/ports/webhook-store.ts';
import { outcomeOf, type Attempt } from '../../domain/webhook/retry.ts';
import { signedHeaders } from '../../domain/webhook/signature.ts';
import { webhookContext, type DisabledReason } from '../../domain/webhook/webhook.ts';
import { fanOut } from './fan-out.ts';
import type { Post } from './post.ts';

const HOUR_MS = 3_600_000;
const LOG = { keepMs: 7 * 24 * HOUR_MS, keep: 1000, queue: 10_000 };
const BEAT_MS = 10_000;
/** Hints come in bursts. */
const HINT_MS = 50;
const DUE_AT_ONCE = 200;
/** What is under way at the end may go on for so long; cut off, it would be sent again. */
const GRACE_MS = 3000;

export type WebhookResult = 'delivered' | 'failed' | 'gave_up' | 'lost';

/** Told of the work that is done. */
export interface WebhookObserver {
  /** At the beginning of a try; what it returns is called when its outcome is written down. */
  sending(): (result: WebhookResult, disabled: DisabledReason | null) => void;
}

export interface WebhookPorts {
  readonly store: Pick<Store, 'deliveries' | 'events' | 'heartbeats' | 'instances' | 'webhooks'>;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 <= x < 1 */
  readonly random: () => number;
  readonly post: Post;
  /** For figures. */
  readonly observer?: WebhookObserver;
  readonly settings: {
    /** Of leases; the same after a restart if nobody else can have it. */
    readonly holder: string;
    readonly pollMs: number;
    /** Longer than one try can take. */
    readonly leaseMs: number;
    /** Tries at the same time. */
    readonly concurrency: number;
    /** Of those, for webhooks that fail: they take longest, and must not be in the way of those that work. */
    readonly failing: number;
    /** Of those, for webhooks of one owner. */
    readonly perOwner: number;
  };
}

/**
 * Tells receivers of events. All that matters is in the store: new events become deliveries there, and deliveries that are due are sent, one
 * at a time for each webhook. A kill at any moment repeats at most what was under way.
 */
export class WebhookWorker {
  readonly #ports: WebhookPorts;
  readonly #running = new Map<string, { readonly due: DueWebhook; readonly ended: Promise<void> }>();
  readonly #ending = new AbortController();
  #stopped = false;
  #passing: Promise<void> | null = null;
  #again = false;
  #cancelPoll: () => void = () => undefined;
  #cancelHint: (() => void) | null = null;
  #beatAt = -Infinity;
  #tidyAt = -Infinity;
  #troubled = false;

  constructor(ports: WebhookPorts) {
    this.#ports = ports;
  }

  start(): void {
    this.#look();
  }

  /** Something has happened: look soon. */
  hint(): void {
    if (this.#stopped) return;
    this.#cancelHint ??= this.#ports.clock.after(HINT_MS, () => this.#look());
  }

  /** Begins nothing any more; waits a little for what is under way, then cuts it off. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelPoll();
    this.#cancelHint?.();
    await this.#passing;
    const ended = Promise.all([...this.#running.values()].map((one) => one.ended));
    await Promise.race([ended, pause(this.#ports.clock, GRACE_MS)]);
    this.#ending.abort();
    await ended;
  }

  #look(): void {
    if (this.#stopped) return;
    if (this.#passing !== null) {
      this.#again = true;
      return;
    }
    this.#again = false;
    this.#cancelPoll();
    this.#cancelHint?.();
    this.#cancelHint = null;
    this.#passing = this.#pass().then(() => {
      this.#passing = null;
      if (this.#stopped) return;
      if (this.#again) this.#look();
      else this.#cancelPoll = this.#ports.clock.after(this.#ports.settings.pollMs, () => this.#look());
    });
  }

  async #pass(): Promise<void> {
    const { store, log } = this.#ports;
    let trouble: unknown = null;
    // Each by itself: what cannot be queued now does not hold up what was queued before.
    for (const step of [() => fanOut(store), () => this.#begin(), () => this.#keepHouse()]) {
      await step().catch((error: unknown) => (trouble = error));
    }
    // Said once, not once a second: nothing is lost, it is only late.
    if (trouble !== null && !this.#troubled) log.warn({ err: trouble }, 'webhooks cannot be sent; tried again all the time');
    if (trouble === null && this.#troubled) log.info({}, 'webhooks are sent again');
    this.#troubled = trouble !== null;
  }

  /** Starts as many tries as there is room for. */
  async #begin(): Promise<void> {
    const { store, settings } = this.#ports;
    if (this.#running.size >= settings.concurrency) return;
    for (const due of await store.deliveries.due(settings.holder, DUE_AT_ONCE)) {
      if (this.#running.size >= settings.concurrency || this.#stopped) return;
      if (this.#hasRoomFor(due)) this.#running.set(due.id, { due, ended: this.#send(due.id) });
    }
  }

  #hasRoomFor(due: DueWebhook): boolean {
    const { failing, perOwner } = this.#ports.settings;
    if (this.#running.has(due.id)) return false;
    const running = [...this.#running.values()].map((one) => one.due);
    if (due.failing && running.filter((one) => one.failing).length >= failing) return false;
    return running.filter((one) => one.ownerId === due.ownerId).length < perOwner;
  }

  /** Never rejects. */
  async #send(webhookId: string): Promise<void> {
    const { store, settings, log } = this.#ports;
    let claim: DeliveryClaim | null = null;
    let again = false;
    try {
      claim = await store.deliveries.claim(webhookId, settings.holder, settings.leaseMs);
      if (claim !== null) again = await this.#try(claim);
    } catch (error) {
      log.warn({ err: error, webhook: webhookId }, 'what came of a delivery could not be written down; it is sent again');
    } finally {
      this.#running.delete(webhookId);
      if (again) this.#look();
    }
  }

  /** @returns whether there may be more to send to it right now */
  async #try(claim: DeliveryClaim): Promise<boolean> {
    const { store, clock, log, random, observer } = this.#ports;
    const { webhook, delivery } = claim;
    const tried = observer?.sending();
    const attempt = await this.#attempt(claim);
    if (attempt === null) {
      await store.deliveries.release(claim);
      return false;
    }
    const outcome = outcomeOf(attempt, delivery, webhook.failingSince, clock.now(), random());
    const kept = await store.deliveries.settle(claim, outcome);
    tried?.(!kept ? 'lost' : outcome.state === 'pending' ? 'failed' : outcome.state, kept ? outcome.disable : null);
    const fields = { webhook: webhook.id, delivery: delivery.id, type: delivery.type, attempt: delivery.attempts + 1, status: outcome.status, error: outcome.error, state: outcome.state };
    if (!kept) log.info(fields, 'a delivery was taken over by another worker, or its webhook is gone');
    else if (outcome.disable === null) log.debug(fields, 'delivery tried');
    else log.warn({ ...fields, reason: outcome.disable }, 'a webhook was switched off');
    return true;
  }

  async #attempt({ webhook, delivery }: DeliveryClaim): Promise<Attempt | null> {
    const { secretBox, clock, post } = this.#ports;
    const { current, previous } = webhook.secrets;
    const sealed = [current, ...(previous !== null && previous.until > clock.now() ? [previous.secret] : [])];
    let secrets: string[];
    try {
      secrets = sealed.map((secret) => secretBox.open(secret, webhookContext(webhook.id)));
    } catch (error) {
      if (!isDbmakerError(error, 'secret_unreadable')) throw error;
      return { status: null, error: 'Its secret cannot be read any more: set a new one.', retryAfterMs: null };
    }
    return post({ url: webhook.url, headers: signedHeaders(secrets, delivery.id, clock.now(), delivery.body), body: delivery.body }, this.#ending.signal);
  }

  async #keepHouse(): Promise<void> {
    const { store, clock, log } = this.#ports;
    const now = clock.now();
    if (now - this.#beatAt >= BEAT_MS) {
      await store.heartbeats.beat('webhooks', { sending: this.#running.size });
      this.#beatAt = now;
    }
    if (now - this.#tidyAt >= HOUR_MS) {
      const gone = await store.deliveries.tidy({ before: now - LOG.keepMs, keep: LOG.keep, queue: LOG.queue });
      if (gone > 0) log.info({ gone }, 'old deliveries of webhooks were forgotten');
      this.#tidyAt = now;
    }
  }
}
