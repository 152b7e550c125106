/** Row 5: new connections. */
import { availableParallelism } from 'node:os';
import type { Figure } from '../figure.ts';
import { option } from '../options.ts';
import { compare } from './compare.ts';
import type { Run } from './compare.ts';
import { load } from './load-client.ts';
import type { HandshakesAnswer, HandshakesTask } from './load/handshakes.ts';
import { pgbench } from './pgbench.ts';
import type { Stage } from './stage.ts';
import { higher } from './throughput.ts';
import { TLS_WAYS, TLS_WAYS_AND_SOCKET } from './ways.ts';
import type { Target } from './ways.ts';

const CONCURRENCY = 16;
const seconds = (): number => option('seconds', 3);

/**
 * With Redis behind: there the gateway opens its leg to the instance like its peers, while for PostgreSQL it waits for the client's first
 * words and would save what they spend.
 */
export async function tlsHandshakes(stage: Stage): Promise<Figure[]> {
  const { rates, detail } = await compare(stage, { family: 'redis', tls: true, ways: TLS_WAYS, rounds: option('rounds', 5), run: handshakes });
  const about = { ...detail, client: `node:tls, ${availableParallelism()} processes; on a machine of few cores much of the time is theirs, so see what is spent in between` };
  return [{ ...higher({ what: 'TLS handshakes, new connections / nginx', rates, detail: about, peer: 'nginx', limit: 0.8 }), beside: rates }];
}

async function handshakes({ port, servername }: Target, warmUp: boolean): Promise<Run> {
  const clients = availableParallelism();
  const task = { port, servername: servername ?? '', concurrency: Math.ceil(CONCURRENCY / clients), seconds: warmUp ? 1 : seconds() } satisfies HandshakesTask;
  const answers = await Promise.all(Array.from({ length: clients }, () => load<HandshakesAnswer>('handshakes', task, { timeoutMs: 60_000 })));
  const sum = (value: (one: HandshakesAnswer) => number): number => answers.reduce((total, one) => total + value(one), 0);
  const [done, failed] = [sum((one) => one.done), sum((one) => one.failed)];
  if (failed > done / 100) throw new Error(`${failed} of ${done + failed} handshakes failed: ${answers.map((one) => one.lastFailure).join('; ')}`);
  return { rate: sum((one) => one.done / one.seconds), operations: done };
}

/** A connection for each query: TLS, SCRAM, query, end. */
export async function logins(stage: Stage): Promise<Figure[]> {
  const run = async (target: Target, warmUp: boolean): Promise<Run> => {
    const duration = warmUp ? 1 : Math.max(1, Math.round(seconds()));
    const rate = await pgbench(target, { clients: 8, seconds: duration, reconnect: true });
    return { rate, operations: rate * duration };
  };
  const { rates, detail } = await compare(stage, { family: 'postgresql', tls: true, ways: TLS_WAYS_AND_SOCKET, rounds: option('rounds', 5), run });
  return [{ ...higher({ what: 'TLS and SCRAM logins with one query each / nginx', rates, detail, peer: 'nginx', limit: 0.8 }), beside: rates }];
}
