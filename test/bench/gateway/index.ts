/** The gateway beside everything else that one could put in front of a database. */
import { measureRows, type Orders, type Row } from '../orders.ts';
import { shortConnections } from './churn.ts';
import { logins, tlsHandshakes } from './connections.ts';
import { idleConnections } from './idle.ts';
import { addedLatency } from './latency.ts';
import { setStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { fillPostgresql, postgresqlPlain, postgresqlTls, redis } from './throughput.ts';
import { wake } from './wake.ts';

const ON_STAGE: readonly Row<[Stage]>[] = [
  { name: 'gateway-throughput', measure: postgresqlPlain },
  { name: 'gateway-throughput', measure: (stage) => redis(stage, false) },
  { name: 'gateway-latency', measure: addedLatency },
  { name: 'gateway-tls', measure: postgresqlTls },
  { name: 'gateway-tls', measure: (stage) => redis(stage, true) },
  { name: 'gateway-connect', measure: tlsHandshakes },
  { name: 'gateway-connect', measure: logins },
];

const ALONE: readonly Row[] = [
  { name: 'gateway-wake', measure: wake },
  { name: 'gateway-idle', measure: idleConnections },
  { name: 'gateway-churn', measure: shortConnections },
];

export async function gateway(orders: Orders): Promise<void> {
  const wanted = <Stage extends unknown[]>(rows: readonly Row<Stage>[]): Row<Stage>[] => rows.filter(({ name }) => orders.wanted(name));
  const onStage = wanted(ON_STAGE);
  if (onStage.length > 0) {
    await using stage = await setStage();
    await fillPostgresql(stage);
    await measureRows(orders, onStage, stage);
  }
  await measureRows(orders, wanted(ALONE));
}
