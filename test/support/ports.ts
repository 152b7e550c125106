import { mkdir, rmdir } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { listeningPorts } from './world.ts';

/** A TCP port of the loopback that is free right now. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => void server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  return port;
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
  const slots = Math.floor((LAST - FIRST) / size);
  for (let tries = 0; tries < 200; tries += 1) {
    const from = FIRST + Math.floor(Math.random() * slots) * size;
    const to = from + size - 1;
    const claim = path.join(tmpdir(), `dbm-ports-${from}-${to}`);
    try {
      await mkdir(claim); // the claim: only one can make it
    } catch {
      continue;
    }
    const busy = [...(await listeningPorts()).keys()].some((port) => port >= from && port <= to);
    if (!busy) return { from, to, [Symbol.asyncDispose]: () => rmdir(claim) };
    await rmdir(claim);
  }
  throw new Error(`No ${size} free ports in a row between ${FIRST} and ${LAST}`);
}
