/** Rows 1 to 3: how much goes through. */
import type { Figure } from '../figure.ts';
import { option } from '../options.ts';
import { compare } from './compare.ts';
import type { Comparison, Run } from './compare.ts';
import { pgbench, preparePgbench } from './pgbench.ts';
import { redisBenchmark } from './redis-benchmark.ts';
import type { Stage } from './stage.ts';
import { TLS_WAYS_AND_SOCKET, WAYS } from './ways.ts';
import type { Target, Way } from './ways.ts';

const ROUNDS = 5;
const SECONDS = 3;
const rounds = (): number => option('rounds', ROUNDS);
const seconds = (): number => option('seconds', SECONDS);

/** Once, before anything of PostgreSQL is measured. */
export async function fillPostgresql(stage: Stage): Promise<void> {
  for (const way of ['socket', 'docker port'] as const) await preparePgbench(await stage.target('postgresql', way, false));
}

const prepared = (target: Target, warmUp: boolean): Promise<Run> => timed(target, warmUp ? Math.min(1, seconds()) : seconds());

async function timed(target: Target, duration: number): Promise<Run> {
  const rate = await pgbench(target, { clients: 8, seconds: Math.max(1, Math.round(duration)) });
  return { rate, operations: rate * duration };
}

/** Row 1. */
export async function postgresqlPlain(stage: Stage): Promise<Figure[]> {
  const what = 'pgbench -S -M prepared, 8 clients, plain, direct port';
  const { rates, detail } = await compare(stage, { family: 'postgresql', tls: false, ways: WAYS, rounds: rounds(), run: prepared });
  return [
    higher({ what: `${what} / docker port`, rates, detail, peer: 'docker port', limit: 1.2 }),
    { ...higher({ what: `${what} / nginx`, rates, detail: {}, peer: 'nginx', limit: 0.95 }), beside: rates },
  ];
}

/** Row 2. Both sides are asked by the same libpq 18, TLS at once, the same certificate. */
export async function postgresqlTls(stage: Stage): Promise<Figure[]> {
  const { rates, detail } = await compare(stage, { family: 'postgresql', tls: true, ways: TLS_WAYS_AND_SOCKET, rounds: rounds(), run: prepared });
  return [{ ...higher({ what: 'pgbench -S -M prepared, 8 clients, TLS, shared port / nginx', rates, detail, peer: 'nginx', limit: 0.8 }), beside: rates }];
}

/** Row 3. */
export async function redis(stage: Stage, tls: boolean): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const pipeline of [1, 16]) {
    const { rates, detail } = await compare<Way>(stage, { family: 'redis', tls, ways: tls ? TLS_WAYS_AND_SOCKET : WAYS, rounds: rounds(), run: gets(pipeline) });
    const what = `redis-benchmark GET, 16 clients, pipeline ${pipeline}, ${tls ? 'TLS, shared port' : 'plain, direct port'} / nginx`;
    figures.push({ ...higher({ what, rates, detail, peer: 'nginx', limit: 0.85 }), beside: tls ? pick(rates, TLS_WAYS_AND_SOCKET) : rates });
  }
  return figures;
}

/** As many as the warm-up says that fit into the time. */
function gets(pipeline: number): (target: Target, warmUp: boolean, way: Way) => Promise<Run> {
  const expected = new Map<Way, number>();
  return async (target, warmUp, way) => {
    const requests = warmUp ? 20_000 * pipeline : Math.round((expected.get(way) ?? 10_000) * seconds());
    const rate = await redisBenchmark(target, { clients: 16, pipeline, requests });
    if (warmUp) expected.set(way, rate);
    return { rate, operations: requests };
  };
}

const pick = (rates: Readonly<Record<Way, number>>, ways: readonly Way[]): Record<string, number> => Object.fromEntries(ways.map((way) => [way, rates[way]]));

interface Higher {
  readonly what: string;
  readonly rates: Readonly<Partial<Record<Way, number>>>;
  readonly detail: Comparison<Way>['detail'];
  readonly peer: Way;
  readonly limit: number;
}

/** A rate of ours against that of a peer. */
export function higher({ what, rates, detail, peer, limit }: Higher): Figure {
  return { what, ours: rates.gateway ?? 0, peer: rates[peer] ?? 0, unit: '/s', limit, better: 'high', detail };
}
