/** Holds many event streams open. Says `ready` once each has had its snapshot, and of each event when all have read it. */
import { connect } from 'node:net';
import { answer, task } from '../../gateway/load/task.ts';
import { monotonicMs } from '../monotonic.ts';

export interface StreamsTask {
  readonly port: number;
  /** Of admins, who take turns. */
  readonly tokens: readonly string[];
  readonly streams: number;
}

/** When the first of them, half and all had read the event, by monotonicMs(). */
export interface Heard {
  readonly round: number;
  readonly first: number;
  readonly half: number;
  readonly last: number;
}

const AT_ONCE = 32;
const { port, tokens, streams } = task<StreamsTask>();
/** One for all: what was read is taken out of it at once. */
const buffer = Buffer.alloc(64 * 1024);
const END = '\n\n';
const RENAMED = '"change":{"name":"round-';
const heard = new Map<number, number[]>();
let next = 0;
let ready = false;

/** An event ends within one chunk of HTTP, so that it can be looked for in the bytes as they come. */
function open(token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const take = (length: number): boolean => {
      text += buffer.toString('latin1', 0, length);
      const end = text.lastIndexOf(END);
      if (end < 0) return true;
      const at = monotonicMs();
      const complete = text.slice(0, end);
      text = text.slice(end + END.length);
      if (ready) note(complete, at);
      else if (complete.includes('"done":true')) resolve();
      else if (!complete.includes('text/event-stream')) gone(complete.slice(0, 300));
      return true;
    };
    const socket = connect({ host: '127.0.0.1', port, onread: { buffer, callback: take } }, () => {
      socket.write(`GET /events/containers?all=true HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    });
    const gone = (why: string): void => {
      if (ready) process.stdout.write(`failed: ${why}\n`); // an event to fewer would say nothing
      reject(new Error(why));
    };
    socket.on('error', (error) => gone(error.message));
    socket.on('close', () => gone('closed by the other side'));
  });
}

function note(complete: string, at: number): void {
  for (let from = complete.indexOf(RENAMED); from >= 0; from = complete.indexOf(RENAMED, from + 1)) {
    const round = Number.parseInt(complete.slice(from + RENAMED.length), 10);
    const times = heard.get(round) ?? [];
    heard.set(round, times);
    times.push(at);
    if (times.length === streams) answer({ round, first: times[0] ?? NaN, half: times[Math.floor(streams / 2)] ?? NaN, last: at } satisfies Heard);
  }
}

try {
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let index = next++; index < streams; index = next++) await open(tokens[index % tokens.length] ?? '');
  }));
  ready = true;
  process.stdout.write('ready\n');
} catch (error) {
  process.stdout.write(`failed: ${String(error)}\n`);
  process.exit(1);
}
