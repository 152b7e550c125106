import type { ServerResponse } from 'node:http';
import type { InstanceAccess } from '../../domain/instance/share.ts';
import type { Instance } from '../../domain/instance/instance.ts';
import { instanceView, eventView, time } from '../present.ts';
import { heardAs, type FreshEvent, type HeardAs, type Listener } from './fresh-event.ts';

/** Who does not read for so long that this piles up is cut: the browser comes back with the last id that it has. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024;
const MAX_WAITING_EVENTS = 2000;
/** How long a client waits before it comes back. */
const RETRY_MS = 2000;
/** Of the snapshot, in one message. */
export const SNAPSHOT_PAGE = 200;

/** An instance for the eyes of one listener. */
export interface Shown {
  readonly instance: Instance;
  readonly access: InstanceAccess;
}

/** Texts of events, made once for all who hear the same one as the same. */
const made = new WeakMap<FreshEvent, Map<HeardAs, string>>();

/**
 * One client's stream of Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html):
 * - `event: snapshot`, data `{containers, first, done, missed}`: what there is, in pages; `first`: it takes the place of all that was known before;
 *   `done`: the last page, which has the id that events follow on; `missed`: it stands for events that are not told one by one
 * - without a name, data `{id, type, at, containerId, message, data, container}`: what happened, and the container as it is by now (null: gone, or
 *   not theirs to see any more)
 * - `event: activity`, data `{at, items}`: bytes through the gateway in the half hour that began at `at`, so far, by container; without an id
 * - `event: end`, data `{reason}`: nothing follows on this connection
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #domain: string;
  readonly #listener: Listener;
  #waiting: FreshEvent[] | null = [];
  #taken: Promise<void> | null = null;

  /** Writes the head at once. What is heard is kept back until `flow`. */
  constructor(response: ServerResponse, domain: string, listener: Listener) {
    this.#response = response;
    this.#domain = domain;
    this.#listener = listener;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no', // nginx would hold it back
      'x-content-type-options': 'nosniff',
      connection: 'close', // kept alive, it would hold up the end of the server after its stream has ended
    });
    this.#write(`retry: ${String(RETRY_MS)}\n\n`);
  }

  get ended(): boolean {
    return this.#response.writableEnded || this.#response.destroyed;
  }

  hear(fresh: FreshEvent): void {
    if (this.#waiting !== null && this.#waiting.length >= MAX_WAITING_EVENTS) this.#response.destroy(); // it does not even read its beginning
    else if (this.#waiting !== null) this.#waiting.push(fresh);
    else this.#tell(fresh);
  }

  /**
   * From now on what is heard is told at once, after what was kept back.
   * @param current brings what was kept back up to date: who has lost an instance meanwhile hears nothing more of it. May reject
   */
  async flow(current: (waiting: readonly FreshEvent[]) => Promise<readonly FreshEvent[]>): Promise<void> {
    while (this.#waiting !== null && this.#waiting.length > 0 && !this.ended) {
      const waiting = this.#waiting;
      this.#waiting = []; // more may come meanwhile
      for (const fresh of await current(waiting)) this.#tell(fresh);
    }
    this.#waiting = null;
  }

  /** One that happened before the stream began. Resolves when there is room for the next; null: there is. */
  replay(fresh: FreshEvent): Promise<void> | null {
    this.#tell(fresh);
    return this.taken();
  }

  /** `lastId`: given with the last page. Resolves when there is room for the next. */
  async snapshot(instances: readonly Shown[], { first, missed, lastId }: { first: boolean; missed: boolean; lastId: number | null }): Promise<void> {
    const data = JSON.stringify({ containers: instances.map(({ instance, access }) => instanceView(instance, this.#domain, access)), first, done: lastId !== null, missed });
    this.#write(`event: snapshot\n${lastId === null ? '' : `id: ${String(lastId)}\n`}data: ${data}\n\n`);
    await this.taken();
  }

  /** Where something is going on, see PulseFeed. Not kept back, as it is no part of the order of events. */
  activity(at: number, items: Readonly<Record<string, number>>): void {
    this.#write(`event: activity\ndata: ${JSON.stringify({ at: time(at), items })}\n\n`);
  }

  /** A comment: proxies and clients see that the connection stands. */
  beat(): void {
    this.#write(':\n\n');
  }

  end(reason: 'token_expired' | 'token_revoked' | 'closing'): void {
    this.#write(`event: end\ndata: ${JSON.stringify({ reason })}\n\n`);
    this.#response.end();
  }

  #tell(fresh: FreshEvent): void {
    const as = heardAs(this.#listener, fresh);
    if (as !== null) this.#write(eventText(fresh, as, this.#domain));
  }

  #write(text: string): void {
    if (this.ended) return;
    this.#response.write(text);
    if (this.#response.writableLength > MAX_WAITING_BYTES) this.#response.destroy();
  }

  /** Resolves when there is room again, or the client has left; null: there is. The same for all who ask meanwhile: one who reads nothing is asked about for long. */
  taken(): Promise<void> | null {
    const response = this.#response;
    if (!response.writableNeedDrain || this.ended) return null;
    return this.#taken ??= new Promise<void>((resolve) => {
      const done = (): void => {
        response.off('drain', done).off('close', done);
        this.#taken = null;
        resolve();
      };
      response.on('drain', done).on('close', done);
    });
  }
}

function eventText(fresh: FreshEvent, as: HeardAs, domain: string): string {
  const texts = made.get(fresh) ?? new Map<HeardAs, string>();
  const known = texts.get(as);
  if (known !== undefined) return known;
  const { event, instance } = fresh;
  const data = { ...eventView(event), containerId: event.instanceId, container: instance === null || as === 'none' ? null : instanceView(instance, domain, as) };
  const text = `id: ${String(event.id)}\ndata: ${JSON.stringify(data)}\n\n`;
  made.set(fresh, texts.set(as, text));
  return text;
}
