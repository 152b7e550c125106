import { STATUS_CODES, ServerResponse, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { DbmakerError } from '../../../domain/errors.ts';
import { pipe } from '../../pipe/pipe.ts';
import type { Session } from '../../session.ts';
import { hasBody, passedOn } from './headers.ts';
import { refuse } from './refusal.ts';
import { relay } from './relay.ts';
import { sendOn } from './upstream.ts';
import type { Visitor } from './visitor.ts';

/** What a client may send ahead of the answer to its upgrade. */
const MAX_AHEAD_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

type Answer = { readonly message: IncomingMessage; readonly joined: { readonly instance: Socket; readonly first: Buffer } | null };

/**
 * Whether a request for another protocol is passed on as that. All others are ordinary requests, as HTTP allows (RFC 9110, 7.8): one with a
 * body, which Node would not read; one behind others that are not answered yet; and h2c, inside of which requests would get past us unread.
 */
export function isUpgrade(visitor: Visitor, request: IncomingMessage): boolean {
  const wished = (request.headers.upgrade ?? '').toLowerCase().split(',').map((name) => name.trim());
  return visitor.unanswered === 0 && request.httpVersion === '1.1' && !hasBody(request) && !wished.includes('h2c');
}

/**
 * WebSockets and the like: the request is passed on, then bytes. Never rejects.
 * @param head what came behind the request
 */
export async function upgrade(visitor: Visitor, request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
  const { session } = visitor;
  let response: ServerResponse | undefined;
  const watched = new AbortController();
  const watching = watch(session, watched.signal);
  try {
    const { sent, countBy } = await sendOn(visitor, request, { Connection: 'upgrade', Upgrade: request.headers.upgrade ?? '' });
    socket.once('close', () => sent.destroy());
    if (socket.destroyed) sent.destroy();
    const { message, joined } = await answerTo(session, sent);
    watched.abort();
    await watching;
    if (joined === null) return relay(session, message, (response = responseOn(session, request, socket)));
    joined.instance.on('error', () => joined.instance.destroy());
    if (socket.destroyed) return void joined.instance.destroy();
    // The head goes in front of what the instance has sent: written by itself it would be in the stream's hands, and the pipe the slow one.
    const ahead = { fromClient: Buffer.concat([head, session.wire.takeAll()]), fromInstance: Buffer.concat([headOf(message), joined.first]) };
    const piped = pipe(socket, joined.instance, { ahead, clock: session.shared.ports.clock });
    if (!piped.fast) session.shared.metrics.slowPipes.inc();
    countBy(piped);
  } catch (error) {
    watched.abort();
    await watching;
    refuse(session, response ?? responseOn(session, request, socket), error, null);
  }
}

/** After 'upgrade' and 'connect' Node takes its hands off the socket. This gives it an answer once more, after which it closes. */
export function responseOn(session: Session, request: IncomingMessage, socket: Socket): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  socket.on('drain', () => response.emit('drain'));
  response.once('finish', () => {
    response.detachSocket(socket);
    session.farewell(NOTHING);
  });
  return response;
}

/** Reads, for only who reads sees that the client has left. What it sends is kept for the pipe. */
async function watch({ wire }: Session, signal: AbortSignal): Promise<void> {
  try {
    while (wire.bytes.length < MAX_AHEAD_BYTES) await wire.more(signal);
  } catch {
    if (!signal.aborted) wire.socket.destroy(); // it has left, which is all that is thrown here
  }
}

/** @throws DbmakerError endpoint_unreachable: it does not come, or not in time */
function answerTo({ shared }: Session, sent: ClientRequest): Promise<Answer> {
  const { clock, settings } = shared.ports;
  return new Promise<Answer>((resolve, reject) => {
    const failed = (text: string, cause?: Error): void => reject(new DbmakerError('endpoint_unreachable', text, { cause }));
    const cancel = clock.after(settings.handshakeMs, () => {
      failed(`The service did not answer within ${String(settings.handshakeMs / 1000)} seconds.`);
      sent.destroy();
    });
    sent.on('upgrade', (message, instance, first) => resolve({ message, joined: { instance, first } }));
    sent.on('response', (message) => resolve({ message, joined: null }));
    sent.on('response', cancel).on('error', (error) => failed('The service ended the connection before it had answered.', error));
    sent.on('close', () => {
      cancel();
      failed('The service ended the connection before it had answered.');
    });
    sent.end();
  });
}

function headOf(answer: IncomingMessage): Buffer {
  const headers = { ...passedOn(answer, (name) => name === 'content-length'), Connection: 'Upgrade', ...(answer.headers.upgrade === undefined ? {} : { Upgrade: answer.headers.upgrade }) };
  const lines = Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((one) => `${name}: ${String(one)}\r\n`));
  return Buffer.from(`HTTP/1.1 101 ${STATUS_CODES[101] ?? ''}\r\n${lines.join('')}\r\n`, 'latin1');
}
