import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Clock } from '../../domain/ports/clock.ts';
import { addressProblem } from '../../domain/webhook/address-rules.ts';
import type { Attempt } from '../../domain/webhook/retry.ts';
import { literalProblem } from '../../domain/webhook/url.ts';
import { failureText } from './failure-text.ts';
import type { Resolve } from './resolve.ts';

/** What of an answer is read before we hang up. */
const MOST_BYTES = 64 * 1024;

export interface Message {
  /** Valid by webhookUrlProblem. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
}

/** One try; never throws. null: the signal ended it, nobody knows how it went. */
export type Post = (message: Message, signal: AbortSignal) => Promise<Attempt | null>;

interface PostNeeds {
  readonly clock: Clock;
  readonly resolve: Resolve;
  /** Addresses that are permitted although they are not public, see addressProblem. */
  readonly allow: readonly string[];
  /** Addresses of this machine, by now: refused although they are public. */
  readonly own: () => readonly string[];
  /** For all of it: name, connection, answer. */
  readonly timeoutMs: number;
}

/**
 * Sends to receivers that strangers have named. A connection of its own for each message, only to addresses that passed the rules: the ones
 * that were looked at are the ones that are connected to. No proxy, no redirect.
 */
export function createPost({ clock, resolve, allow, own, timeoutMs }: PostNeeds): Post {
  const lookup = checkedLookup(resolve, allow, own);
  return ({ url, headers, body }, signal) => {
    const target = new URL(url);
    const literal = literalProblem(target, allow, own()); // those are connected to without a look-up
    if (literal !== null) return Promise.resolve(failed(refusalText(literal)));
    return new Promise((done) => {
      let answer: Attempt | null = null;
      const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
      const request = send(target, {
        method: 'POST',
        agent: false,
        lookup,
        headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'user-agent': 'DbMaker-Webhooks/1', accept: '*/*' },
      });
      const end = (attempt: Attempt | null): void => {
        cancel();
        signal.removeEventListener('abort', onAbort);
        request.destroy();
        done(attempt);
      };
      const onAbort = (): void => end(answer);
      const cancel = clock.after(timeoutMs, () => end(answer ?? failed(`It did not answer within ${timeoutMs / 1000} s.`)));
      signal.addEventListener('abort', onAbort, { once: true });
      request.on('response', (response) => {
        answer = attemptOf(response);
        drain(response, () => end(answer));
      });
      request.on('error', (error) => end(answer ?? failed(error instanceof RefusedError ? error.message : failureText(error))));
      request.on('close', () => end(answer ?? failed('It closed the connection without an answer.')));
      request.end(body);
      if (signal.aborted) onAbort();
    });
  };
}

function failed(error: string): Attempt {
  return { status: null, error, retryAfterMs: null };
}

function attemptOf(response: IncomingMessage): Attempt {
  const status = response.statusCode ?? 0;
  const seconds = /^\d{1,9}$/.exec(response.headers['retry-after'] ?? '')?.[0];
  return {
    status,
    error: status >= 300 && status < 400 ? `It answered ${status}: redirects are not followed.` : null,
    retryAfterMs: seconds === undefined ? null : Number(seconds) * 1000,
  };
}

/** Reads and throws away. */
function drain(response: IncomingMessage, ended: () => void): void {
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes >= MOST_BYTES) ended();
  });
  response.on('end', ended).on('error', ended); // the status was said: what befalls the rest does not matter
}

class RefusedError extends Error {}

function refusalText(problem: string): string {
  // Not which address: whoever may make webhooks would learn our inner names.
  return `Refused: its URL leads to ${problem}. An admin can allow it (DBMAKER_WEBHOOK_ALLOW).`;
}

/** Gives out only addresses that passed. Whatever was asked about before does not matter: this is what the socket is opened with. */
function checkedLookup(resolve: Resolve, allow: readonly string[], own: () => readonly string[]): LookupFunction {
  return (name, options, callback) => {
    resolve(name).then((addresses) => {
      const ours = own();
      const problems = new Map(addresses.map((address) => [address, addressProblem(address, allow, ours)]));
      const passed = addresses.filter((address) => problems.get(address) === null).map((address) => ({ address, family: isIP(address) }));
      const [first] = passed;
      if (first === undefined) return callback(new RefusedError(refusalText([...problems.values()][0] ?? 'no address')), '', 0);
      if (options.all === true) callback(null, passed);
      else callback(null, first.address, first.family);
    }).catch((error: unknown) => callback(error as NodeJS.ErrnoException, '', 0));
  };
}
