import { rmdirSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { listeningPorts } from './world.ts';

/** Above the ports that Linux hands out by itself (32768 to 60999): there an outgoing connection of anybody may take one between two starts of a server. */
const SINGLE = { first: 61_000, last: 65_500, size: 20 };
const mine: number[] = [];

/** A TCP port of the loopback that nobody listens on, and that no other test of this run is given. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = mine.pop();
    if (port === undefined) mine.push(...(await claimSingles()));
    else if (await canListen(port)) return port;
  }
}

/** Claimed until this process ends. */
async function claimSingles(): Promise<number[]> {
  const { from, to, claim } = await claimBlock(SINGLE);
  process.once('exit', () => rmdirSync(claim));
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

async function canListen(port: number): Promise<boolean> {
  const server = net.createServer();
  const listening = await new Promise<boolean>((resolve) => void server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)));
  if (listening) await new Promise<void>((resolve) => void server.close(() => resolve()));
  return listening;
}

export interface PortRange extends AsyncDisposable {
  readonly from: number;
  readonly to: number;
}

/** Below the ports that Linux hands out by itself (32768 and up), above those that installations use. */
const FIRST = 20_000;
const LAST = 32_000;

/** `size` ports in a row that nobody listens on and that no other test of this run has claimed. */
export async function claimPortRange(size = 100): Promise<PortRange> {
  const { from, to, claim } = await claimBlock({ first: FIRST, last: LAST, size });
  return { from, to, [Symbol.asyncDispose]: () => rmdir(claim) };
}

async function claimBlock({ first, last, size }: { first: number; last: number; size: number }): Promise<{ from: number; to: number; claim: string }> {
  const slots = Math.floor((last - first) / size);
  for (let tries = 0; tries < 200; tries += 1) {
    const from = first + Math.floor(Math.random() * slots) * size;
    const to = from + size - 1;
    const claim = path.join(tmpdir(), `dbm-ports-${from}-${to}`);
    try {
      await mkdir(claim); // the claim: only one can make it
    } catch {
      continue;
    }
    const busy = [...(await listeningPorts()).keys()].some((port) => port >= from && port <= to);
    if (!busy) return { from, to, claim };
    await rmdir(claim);
  }
  throw new Error(`No ${size} free ports in a row between ${first} and ${last}`);
}
