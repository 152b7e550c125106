import { Counter, Histogram, Registry } from 'prom-client';
import { STORE_FAILURES, type ObserveStore } from '../store/index.ts';

/** Latency and failures of this process's store. */
export function createStoreMetrics(): { registry: Registry; observe: ObserveStore } {
  const registry = new Registry();
  const seconds = new Histogram({
    name: 'dbmaker_store_operation_seconds',
    help: 'Time of one operation of the store, waiting for its turn included. write: on the disk when it returns; write_volatile: safe from the end of our process only.',
    labelNames: ['operation'] as const,
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30],
    registers: [registry],
  });
  const failures = new Counter({ name: 'dbmaker_store_failures_total', help: 'Operations that the database failed, by what befell it.', labelNames: ['operation', 'code'] as const, registers: [registry] });
  // From the beginning: the step from no series to 1 would be no increase.
  for (const operation of ['read', 'write', 'write_volatile']) for (const code of STORE_FAILURES) failures.inc({ operation, code }, 0);
  return {
    registry,
    observe(operation) {
      const started = performance.now();
      return (failure) => {
        seconds.observe({ operation }, (performance.now() - started) / 1000);
        if (failure !== null) failures.inc({ operation, code: failure });
      };
    },
  };
}
