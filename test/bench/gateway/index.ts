/** The gateway beside everything else that one could put in front of a database. */
import type { Figure } from '../figure.ts';
import { stopping } from '../stop.ts';
import { shortConnections } from './churn.ts';
import { logins, tlsHandshakes } from './connections.ts';
import { idleConnections } from './idle.ts';
import { addedLatency } from './latency.ts';
import { setStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { fillPostgresql, postgresqlPlain, postgresqlTls, redis } from './throughput.ts';
import { wake } from './wake.ts';

interface Row {
  /** What is asked for with `npm run bench -- gateway-...`. */
  readonly name: string;
  readonly measure: (stage: Stage) => Promise<Figure[]>;
}

const ON_STAGE: readonly Row[] = [
  { name: 'gateway-throughput', measure: postgresqlPlain },
  { name: 'gateway-throughput', measure: (stage) => redis(stage, false) },
  { name: 'gateway-latency', measure: addedLatency },
  { name: 'gateway-tls', measure: postgresqlTls },
  { name: 'gateway-tls', measure: (stage) => redis(stage, true) },
  { name: 'gateway-connect', measure: tlsHandshakes },
  { name: 'gateway-connect', measure: logins },
];

const ALONE: readonly { readonly name: string; readonly measure: () => Promise<Figure[]> }[] = [
  { name: 'gateway-wake', measure: wake },
  { name: 'gateway-idle', measure: idleConnections },
  { name: 'gateway-churn', measure: shortConnections },
];

export interface Orders {
  readonly wanted: (name: string) => boolean;
  readonly add: (...figures: Figure[]) => void;
  /** A row that could not be measured; the others still are. */
  readonly failed: (name: string, error: unknown) => void;
}

export async function gateway({ wanted, add, failed }: Orders): Promise<void> {
  const attempt = async (name: string, measure: () => Promise<Figure[]>): Promise<void> => {
    stopping.throwIfAborted();
    try {
      add(...(await measure()));
    } catch (error) {
      stopping.throwIfAborted(); // what it says then is only that it was ended
      failed(name, error);
    }
  };
  const onStage = ON_STAGE.filter(({ name }) => wanted(name));
  if (onStage.length > 0) {
    await using stage = await setStage();
    await fillPostgresql(stage);
    for (const { name, measure } of onStage) await attempt(name, () => measure(stage));
  }
  for (const { name, measure } of ALONE.filter((row) => wanted(row.name))) await attempt(name, measure);
}
