/** Holds many connections to Redis that have logged in and say nothing more. Says `ready` once all of them have been answered. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { command, task } from './task.ts';

export interface IdleTask {
  readonly port: number;
  readonly connections: number;
  /** They come from so many addresses (127.0.1.1 and on), as no single person has that many. */
  readonly addresses: number;
  readonly username: string;
  readonly password: string;
}

const AT_ONCE = 50;
const { port, connections, addresses, username, password } = task<IdleTask>();
const login = command('AUTH', username, password);
const held: Socket[] = [];
let next = 0;
let ready = false;

function open(localAddress: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, localAddress }, () => socket.write(login));
    const gone = (why: string): void => {
      // Later one that is closed makes all worthless: a benchmark of fewer idle ones would say nothing.
      if (ready) process.stdout.write(`failed: ${why}\n`);
      reject(new Error(`${why}, with ${held.length} open`));
    };
    socket.on('error', (error) => gone(error.message));
    socket.on('close', () => gone('closed by the other side'));
    socket.once('data', (data) => {
      if (data.toString() !== '+OK\r\n') return gone(data.toString().trim());
      held.push(socket);
      resolve();
    });
  });
}

try {
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let index = next++; index < connections; index = next++) await open(`127.0.1.${1 + (index % addresses)}`);
  }));
  ready = true;
  process.stdout.write('ready\n');
} catch (error) {
  process.stdout.write(`failed: ${String(error)}\n`);
  process.exit(1);
}
