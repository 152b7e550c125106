import type { ServerResponse } from 'node:http';
import type { Instance } from '../../domain/instance/instance.ts';
import { instanceView, eventView } from '../present.ts';
import type { FreshEvent } from './fresh-event.ts';

/** Who does not read for so long that this piles up is cut: the browser comes back with the last id that it has. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024;
const MAX_WAITING_EVENTS = 2000;
/** How long a client waits before it comes back. */
const RETRY_MS = 2000;
/** Of the snapshot, in one message. */
export const SNAPSHOT_PAGE = 200;

/** Texts of events, made once for all who hear the same one. */
const made = new WeakMap<FreshEvent, string>();

/**
 * One client's stream of Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html):
 * - `event: snapshot`, data `{containers, first, done, missed}`: what there is, in pages; `first`: it takes the place of all that was known before;
 *   `done`: the last page, which has the id that events follow on; `missed`: it stands for events that are not told one by one
 * - without a name, data `{id, type, at, containerId, message, data, container}`: what happened, and the container as it is by now (null: gone)
 * - `event: end`, data `{reason}`: nothing follows on this connection
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #domain: string;
  #waiting: FreshEvent[] | null = [];
  #taken: Promise<void> | null = null;

  /** Writes the head at once. What is heard is kept back until `flow`. */
  constructor(response: ServerResponse, domain: string) {
    this.#response = response;
    this.#domain = domain;
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
    else this.#write(eventText(fresh, this.#domain));
  }

  /** From now on what is heard is told at once, after what was kept back. */
  flow(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const fresh of waiting) this.#write(eventText(fresh, this.#domain));
  }

  /** One that happened before the stream began. Resolves when there is room for the next. */
  async replay(fresh: FreshEvent): Promise<void> {
    this.#write(eventText(fresh, this.#domain));
    await this.taken();
  }

  /** `lastId`: given with the last page. Resolves when there is room for the next. */
  async snapshot(instances: readonly Instance[], { first, missed, lastId }: { first: boolean; missed: boolean; lastId: number | null }): Promise<void> {
    const data = JSON.stringify({ containers: instances.map((instance) => instanceView(instance, this.#domain)), first, done: lastId !== null, missed });
    this.#write(`event: snapshot\n${lastId === null ? '' : `id: ${String(lastId)}\n`}data: ${data}\n\n`);
    await this.taken();
  }

  /** A comment: proxies and clients see that the connection stands. */
  beat(): void {
    this.#write(':\n\n');
  }

  end(reason: 'token_expired' | 'token_revoked' | 'closing'): void {
    this.#write(`event: end\ndata: ${JSON.stringify({ reason })}\n\n`);
    this.#response.end();
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

function eventText(fresh: FreshEvent, domain: string): string {
  const known = made.get(fresh);
  if (known !== undefined) return known;
  const { event, instance } = fresh;
  const data = { ...eventView(event), containerId: event.instanceId, container: instance === null ? null : instanceView(instance, domain) };
  const text = `id: ${String(event.id)}\ndata: ${JSON.stringify(data)}\n\n`;
  made.set(fresh, text);
  return text;
}
