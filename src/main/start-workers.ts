import { randomBytes } from 'node:crypto';
import { randomId } from '../api/secrets.ts';
import { createBackupFiles } from '../backups/index.ts';
import type { Config } from '../config/config.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Runtime } from '../domain/ports/runtime.ts';
import type { SecretBox } from '../domain/ports/secret-box.ts';
import type { Store } from '../domain/ports/store.ts';
import { createEngines } from '../engines/index.ts';
import { createConnect } from '../net/connect.ts';
import { BackupKeeper } from '../workers/backup/keeper.ts';
import { Slots } from '../workers/backup/ports.ts';
import { Monitor } from '../workers/monitor/monitor.ts';
import { Housekeeping } from '../workers/housekeeping.ts';
import { PulseTaker } from '../workers/pulse-taker.ts';
import { Policies } from '../workers/policies/policies.ts';
import { Reconciler } from '../workers/reconciler/reconciler.ts';
import type { WorkerMetrics } from '../workers/metrics.ts';
import { StatusReporter } from '../workers/status-reporter.ts';
import { WatchMetrics } from '../workers/watch-metrics.ts';
import { systemClock as clock } from './clock.ts';
import { startWebhooks } from './start-webhooks.ts';
import { readCapacity } from './host-capacity.ts';
import type { Signals } from './signals.ts';

export interface WorkersNeeds {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly secretBox: SecretBox;
  readonly homeId: string;
  readonly signals: Signals;
  readonly metrics: WorkerMetrics;
  readonly log: Log;
}

/** Resolves when the state of the platform was reported once. */
export async function startWorkers(config: Config, { store, runtime, secretBox, homeId, signals, metrics, log }: WorkersNeeds): Promise<{ stop(): Promise<void> }> {
  const backupFiles = createBackupFiles(config.home, { reserveBytes: config.backupReserveBytes });
  // Nobody else has this home, so after a kill the leases in it are ours to take up at once. A store on a server of its own may be shared.
  const holder = config.databaseUrl === null ? `home-${homeId}` : `${String(process.pid)}-${randomBytes(4).toString('hex')}`;
  const shared = { store, runtime, engines: createEngines(), connect: createConnect(clock), secretBox, clock };
  const reconciler = new Reconciler({
    ...shared,
    log: log.child({ part: 'reconciler' }),
    random: Math.random,
    onReport: signals.reported,
    observer: metrics,
    backups: { files: backupFiles, retentionMs: config.backupRetentionMs, newId: randomId, slots: new Slots(2) },
    settings: {
      holder,
      domain: config.domain,
      leaseMs: 30_000,
      resyncMs: 30_000,
      pollMs: 1000,
      concurrency: 16,
      quarantineMs: config.portQuarantineMs,
      startTimeoutMs: 120_000,
      stopGraceMs: 20_000,
      pausedMs: 10 * 60_000,
    },
  });
  const watching = new WatchMetrics(metrics.registry, () => performance.now());
  const monitor = new Monitor({ ...shared, observer: watching, log: log.child({ part: 'monitor' }), changed: (id) => signals.wake.changed(id), reported: signals.reported });
  const policies = new Policies({ store, clock, log: log.child({ part: 'policies' }), changed: (id) => signals.wake.changed(id) });
  const reporter = new StatusReporter({ store, runtime, clock, log, everyMs: 10_000, describe: async (info) => ({
      capacity: await readCapacity({ home: config.home, docker: info?.dataDirectory }),
      lastResyncAt: reconciler.lastResyncAt, lastPoliciesAt: policies.lastTurnAt }) });
  const housekeeping = new Housekeeping({ store, clock, log, auditMs: config.auditMs });
  const pulse = new PulseTaker({ store, clock, log });
  const keeper = new BackupKeeper({ store, files: backupFiles, clock, log: log.child({ part: 'backups' }) });
  signals.onChanged((id) => reconciler.enqueue(id));
  await reporter.start();
  metrics.watchQueue(() => reconciler.queue);
  watching.watchMonitor(() => monitor.watched);
  watching.watchBacklog(() => store.deliveries.backlog(), () => clock.now());
  reconciler.start();
  const webhooks = startWebhooks(config, { store, secretBox, signals, log, holder, observer: watching });
  housekeeping.start();
  keeper.start();
  policies.start();
  monitor.start();
  pulse.start();
  return {
    async stop() {
      reporter.stop();
      housekeeping.stop();
      keeper.stop();
      await Promise.all([policies.stop(), monitor.stop(), pulse.stop()]);
      await Promise.all([reconciler.stop(), webhooks.stop()]);
    },
  };
}
