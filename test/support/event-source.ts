/** A client of Server-Sent Events by hand: every message as it came, with what a browser would remember. */
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { waitFor } from './wait.ts';

export interface Message {
  readonly id: string | null;
  /** `message` where none was named. */
  readonly event: string;
  readonly data: Record<string, unknown>;
  /** By performance.now(). */
  readonly at: number;
}

export class EventClient implements Disposable {
  readonly messages: Message[] = [];
  readonly comments: string[] = [];
  retry: number | null = null;
  lastEventId: string | null = null;
  ended = false;
  readonly response: IncomingMessage;
  #text = '';

  private constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8').on('data', (text: string) => this.#take(text)).on('error', () => undefined).on('close', () => { this.ended = true; });
  }

  /** @throws Error when the answer is not 200 */
  static async open(url: string, token: string | { cookie: string }, lastEventId: string | null = null): Promise<EventClient> {
    const who = typeof token === 'string' ? { authorization: `Bearer ${token}` } : token;
    const asking = request(url, { agent: false, headers: { ...who, accept: 'text/event-stream', ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }) } });
    asking.on('error', () => undefined).end();
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) {
      response.destroy();
      throw new Error(`answered ${String(response.statusCode)}`);
    }
    return new EventClient(response);
  }

  /** Messages that have no name: what happened. */
  get events(): Message[] {
    return this.messages.filter(({ event }) => event === 'message');
  }

  until(what: string, reached: (client: this) => boolean, timeoutMs = 10_000): Promise<unknown> {
    return waitFor(() => reached(this), { what, timeoutMs, intervalMs: 5, explain: async () => JSON.stringify(this.messages.slice(-5)) });
  }

  [Symbol.dispose](): void {
    this.response.destroy();
  }

  #take(text: string): void {
    this.#text += text;
    const blocks = this.#text.split('\n\n');
    this.#text = blocks.pop() ?? '';
    for (const block of blocks) this.#read(block);
  }

  #read(block: string): void {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) this.comments.push(line);
      else fields.set(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart());
    }
    if (fields.has('retry')) this.retry = Number(fields.get('retry'));
    const id = fields.get('id') ?? null;
    if (id !== null) this.lastEventId = id;
    const data = fields.get('data');
    if (data !== undefined) this.messages.push({ id, event: fields.get('event') ?? 'message', data: JSON.parse(data) as Record<string, unknown>, at: performance.now() });
  }
}
