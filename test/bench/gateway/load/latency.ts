/** One client: how long a PING to Redis takes by each way, in turns. Answers way -> microseconds of every single one. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { answer, command, task } from './task.ts';

export interface LatencyTask {
  readonly ways: Readonly<Record<string, { readonly where: { readonly path: string } | { readonly host: string; readonly port: number }; readonly username: string; readonly password: string }>>;
  readonly rounds: number;
  /** PINGs of one way in a row. */
  readonly samples: number;
}
export type LatencyAnswer = Readonly<Record<string, number[]>>;

const PING = Buffer.from(command('PING'));

const { ways, rounds, samples } = task<LatencyTask>();
const sockets = new Map<string, Socket>();
const times: Record<string, number[]> = {};
for (const [way, { where, username, password }] of Object.entries(ways)) {
  const socket = connect({ ...where, noDelay: true });
  await once(socket, 'connect');
  socket.write(command('AUTH', username, password));
  const [said] = (await once(socket, 'data')) as [Buffer];
  if (said.toString() !== '+OK\r\n') throw new Error(said.toString());
  socket.once('close', () => {
    throw new Error(`the connection by ${way} was closed`);
  });
  sockets.set(way, socket);
  times[way] = [];
}
for (let round = 0; round <= rounds; round += 1) {
  for (const [way, socket] of sockets) {
    const took = await pings(socket);
    if (round > 0) times[way]?.push(...took); // the first warms up
  }
}
answer(times);
for (const socket of sockets.values()) socket.removeAllListeners('close').destroy();

function pings(socket: Socket): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const took: number[] = [];
    let began = 0n;
    const ask = (): void => {
      began = process.hrtime.bigint();
      socket.write(PING);
    };
    const onData = (data: Buffer): void => {
      took.push(Number(process.hrtime.bigint() - began) / 1000);
      if (data.length !== 7) reject(new Error(`PING was answered by ${data.toString()}`));
      if (took.length < samples) return ask();
      socket.off('data', onData);
      resolve(took);
    };
    socket.on('data', onData);
    ask();
  });
}
