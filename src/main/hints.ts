import { once } from 'node:events';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import path from 'node:path';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import { listenUnix } from '../net/listen-unix.ts';
import type { Signals } from './signals.ts';

const RECONNECT_MS = 1000;
const MAX_LINE = 200;
const MAX_WAITING_BYTES = 1024 * 1024;

/**
 * Hints between the processes of one home: the workers hear at once that a spec was changed elsewhere, the others that a status was reported.
 * Lines `changed ID` and `reported ID` over a socket in the home. Only hints: a lost one costs the wait until the next look at the store, so
 * nothing here is repeated or kept.
 */
export interface Hints {
  stop(): void;
}

const fileOf = (home: string): { directory: string; name: string } => ({ directory: path.join(home, 'run'), name: 'workers.sock' });

/** In the process of the workers. */
export async function serveHints(home: string, signals: Signals, log: Log): Promise<Hints> {
  const { directory, name } = fileOf(home);
  const clients = new Set<Socket>();
  const server = createServer((socket) => {
    clients.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => clients.delete(socket));
    onLine(socket, (verb, id) => {
      if (verb === 'changed') signals.wake.changed(id);
    });
  });
  await listenUnix(server, directory, name); // ours alone: the home is locked by us
  server.on('error', (error) => log.warn({ err: error }, 'hints of other processes cannot be heard'));
  const tell = (line: string): void => {
    for (const client of clients) say(client, line);
  };
  signals.onAnyReport((id) => tell(`reported ${id}`));
  signals.onChanged((id) => tell(`changed ${id}`));
  return {
    stop: () => {
      server.close();
      for (const client of clients) client.destroy();
    },
  };
}

/** In the processes without workers: connects, and again when the workers come back. */
export function joinHints(home: string, signals: Signals, clock: Clock): Hints {
  const { directory, name } = fileOf(home);
  let stopped = false;
  let current: Socket | null = null;
  let cancel: () => void = () => undefined;
  const connect = async (): Promise<void> => {
    const held = await open(directory, constants.O_DIRECTORY);
    const socket = createConnection(`/proc/self/fd/${String(held.fd)}/${name}`);
    socket.once('connect', () => { current = socket; });
    socket.on('error', () => socket.destroy());
    onLine(socket, (verb, id) => {
      if (verb === 'reported') signals.reported(id);
      else if (verb === 'changed') signals.heard(id);
    });
    await once(socket, 'close').finally(() => held.close());
  };
  const again = (): void => {
    connect().catch(() => undefined).finally(() => { // no workers there: nothing to hear
      current = null;
      if (!stopped) cancel = clock.after(RECONNECT_MS, again);
    });
  };
  signals.onChanged((id) => {
    if (current !== null) say(current, `changed ${id}`);
  });
  again();
  return {
    stop: () => {
      stopped = true;
      cancel();
      current?.destroy();
    },
  };
}

function say(socket: Socket, line: string): void {
  if (socket.writableLength < MAX_WAITING_BYTES) socket.write(`${line}\n`);
}

/** Whoever sends a line that is longer than any of ours is not one of us. */
function onLine(socket: Socket, hear: (verb: string, id: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE) return void socket.destroy();
    for (const line of lines) {
      const [verb = '', id = ''] = line.split(' ');
      if (/^[a-z0-9]{1,40}$/.test(id)) hear(verb, id);
    }
  });
}
