import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Of the body. */
  readonly json: { readonly id: string; readonly type: string; readonly at: string; readonly eventId: number | null; readonly message: string; readonly instance: Record<string, unknown> | null };
}

/** A real HTTP server on 127.0.0.1 that is told of events. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** All requests, in order. */
  readonly received: Received[];
  /** Connections that there ever were. */
  connections(): number;
  /** Connections right now. */
  open(): number;
  /** What is answered from now on. */
  answer: Answer;
}

export type Answer = (received: Received, response: ServerResponse) => void;

export const accept: Answer = (_received, response) => void response.writeHead(204).end();
export const say = (status: number, headers: Record<string, string> = {}): Answer => (_received, response) => void response.writeHead(status, headers).end('x');
/** Takes the request and never answers. */
export const hang: Answer = () => undefined;

export async function startReceiver(answer: Answer = accept, port = 0): Promise<Receiver> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const got: Received = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body, json: JSON.parse(body) };
      receiver.received.push(got);
      receiver.answer(got, response);
    });
  });
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const bound = (server.address() as AddressInfo).port;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${bound}/hook`,
    port: bound,
    received: [],
    connections: () => connections,
    open: () => sockets.size,
    answer,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
  return receiver;
}

/** As a receiver does it by the Standard Webhooks specification, written apart from our code. How many of the signatures are by this secret. */
export function verified({ headers, body }: Received, secret: string): number {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => String(headers[name]));
  assert.match(timestamp!, /^\d{10}$/);
  assert.ok(!id!.includes('.'));
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  return signatures!.split(' ').filter((signature) => signature === expected).length;
}
