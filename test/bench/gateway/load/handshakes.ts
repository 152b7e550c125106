/** TLS handshakes with a close after each, as many as go in a given time. Answers how many, and how many failed. */
import { connect } from 'node:tls';
import { answer, task } from './task.ts';

export interface HandshakesTask {
  readonly port: number;
  readonly servername: string;
  readonly concurrency: number;
  readonly seconds: number;
}
export interface HandshakesAnswer {
  readonly done: number;
  readonly failed: number;
  readonly seconds: number;
  readonly lastFailure: string;
}

const { port, servername, concurrency, seconds } = task<HandshakesTask>();
const started = performance.now();
const deadline = started + seconds * 1000;
let [done, failed, lastFailure] = [0, 0, ''];

/** In good order: close_notify, and then the end of the other side is waited for. */
function handshake(): Promise<void> {
  return new Promise((resolve) => {
    let secure = false;
    // A group that both sides know, so that a newer library does not pay for post-quantum keys that the older one has never heard of.
    const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false, ecdhCurve: 'X25519' }, () => {
      secure = true;
      socket.resume().end();
    });
    socket.on('error', (error) => (lastFailure = error.message));
    socket.once('close', () => {
      if (secure) done += 1;
      else failed += 1;
      resolve();
    });
  });
}

await Promise.all(Array.from({ length: concurrency }, async () => {
  while (performance.now() < deadline) await handshake();
}));
answer({ done, failed, lastFailure, seconds: (performance.now() - started) / 1000 } satisfies HandshakesAnswer);
