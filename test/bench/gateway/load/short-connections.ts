/** Many short connections to Redis: log in, one PING, close; some of them over TLS. Answers how many failed. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { answer, command, task } from './task.ts';

export interface ShortTask {
  readonly port: number;
  readonly tls: { readonly port: number; readonly servername: string } | null;
  readonly connections: number;
  readonly concurrency: number;
  /** From 127.0.1.1 and on: one alone has too few ports for so many. */
  readonly addresses: number;
  readonly username: string;
  readonly password: string;
}
export interface ShortAnswer {
  readonly failed: number;
  readonly lastFailure: string;
}

const TLS_EVERY = 10;
const { port, tls, connections, concurrency, addresses, username, password } = task<ShortTask>();
const asked = command('AUTH', username, password) + command('PING');
const EXPECTED = '+OK\r\n+PONG\r\n';
let [next, failed, lastFailure] = [0, 0, ''];

function begin(index: number): Socket {
  const raw = connect({ host: '127.0.0.1', port: tls !== null && index % TLS_EVERY === 0 ? tls.port : port, localAddress: `127.0.1.${1 + (index % addresses)}` });
  if (tls === null || index % TLS_EVERY !== 0) return raw;
  raw.on('error', (error) => (lastFailure = error.message));
  return connectTls({ socket: raw, servername: tls.servername, rejectUnauthorized: false, ecdhCurve: 'X25519' });
}

function once(index: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = begin(index);
    let said = '';
    socket.setTimeout(30_000, () => socket.destroy(new Error('no answer within 30 s')));
    socket.write(asked);
    socket.on('data', (data) => {
      said += data.toString();
      if (said.length >= EXPECTED.length) socket.end();
    });
    socket.on('error', (error) => (lastFailure = error.message));
    socket.once('close', () => {
      if (said !== EXPECTED) {
        failed += 1;
        if (said !== '') lastFailure = said;
      }
      resolve();
    });
  });
}

await Promise.all(Array.from({ length: concurrency }, async () => {
  for (let index = next++; index < connections; index = next++) await once(index);
}));
answer({ failed, lastFailure } satisfies ShortAnswer);
