import { Gauge, type Registry } from 'prom-client';
import type { Capacity } from '../domain/capacity.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Heartbeat } from '../domain/ports/store.ts';
import type { ApiDependencies } from './dependencies.ts';
import { isStale, readHealth } from './health.ts';
import { PHASES } from './schemas/instance.ts';
import { VERSION } from './version.ts';

/** What the workers last said of themselves: one that is still heard of, else the last one that was. */
export function lastWorkerState(beats: readonly Heartbeat[]): { capacity: Capacity | null; lastResyncAt: number | null } {
  const state = beats.filter(({ worker }) => worker.startsWith('reconciler')).sort((a, b) => b.at - a.at)[0]?.state as Partial<{ capacity: Capacity; lastResyncAt: number | null }> | undefined;
  return { capacity: state?.capacity ?? null, lastResyncAt: state?.lastResyncAt ?? null };
}

type Figures = Readonly<Record<string, readonly (readonly [labels: Record<string, string>, value: number])[]>>;

const GAUGES: Readonly<Record<string, readonly [help: string, ...labels: string[]]>> = {
  dbmaker_info: ['Always 1; says which version runs.', 'version'],
  dbmaker_component_up: ['Whether what is needed to make databases and to keep them running is up.', 'component'],
  dbmaker_instances: ['Databases by state.', 'status'],
  dbmaker_promised_memory_bytes: ['Memory limits of all databases together.'],
  dbmaker_promised_cpus: ['CPU limits of all databases together.'],
  dbmaker_backups: ['Backups that are kept or being made.'],
  dbmaker_backup_bytes: ['What they take.'],
  dbmaker_ports: ['Ports of the range for databases; those that rest were released a short time ago.', 'state'],
  dbmaker_last_event_id: ['Of the newest event.'],
  dbmaker_worker_heartbeat_timestamp_seconds: ['When each worker was last heard of.', 'worker'],
  dbmaker_last_resync_timestamp_seconds: ['When the store and what is there were last compared in full.'],
  dbmaker_memory_total_bytes: ['Memory of the machine that the databases run on.'],
  dbmaker_memory_available_bytes: ['What of it is available.'],
  dbmaker_disk_total_bytes: ['Size of the disks that databases fill.', 'place'],
  dbmaker_disk_free_bytes: ['What is free on them.', 'place'],
};

/** Gauges of the platform as the store knows it; they are read anew by `refresh`, which never throws. */
export function platformGauges(registry: Registry, { store, clock, config, log }: Pick<ApiDependencies, 'store' | 'clock' | 'config' | 'log'>): { refresh(): Promise<void> } {
  const gauges = Object.entries(GAUGES).map(([name, [help, ...labelNames]]) => ({ name, bare: labelNames.length === 0, gauge: new Gauge({ name, help, labelNames, registers: [registry] }) }));
  return {
    async refresh() {
      const figures: Figures = { dbmaker_info: [[{ version: VERSION }, 1]], dbmaker_component_up: componentsUp(await readHealth(store, clock, VERSION)), ...(await stored()) };
      // All at once, as another reader may be at it as well. What could not be read is not shown, rather than shown as it once was.
      for (const { name, bare, gauge } of gauges) {
        gauge.reset();
        if (bare) gauge.remove(); // a reset alone shows 0
        for (const [labels, value] of figures[name] ?? []) gauge.set(labels, value);
      }
    },
  };

  async function stored(): Promise<Figures> {
    try {
      const [totals, backups, ports, beats, lastId] = await Promise.all([
        store.instances.totals(), store.backups.totals(), store.ports.counts(config.portRange), store.heartbeats.list(), store.events.lastId(),
      ]);
      const { capacity, lastResyncAt } = lastWorkerState(beats);
      return {
        dbmaker_instances: PHASES.map((status) => [{ status }, totals.byPhase[status] ?? 0]),
        dbmaker_promised_memory_bytes: [[{}, totals.memoryBytes]],
        dbmaker_promised_cpus: [[{}, totals.cpus]],
        dbmaker_backups: [[{}, backups.count]],
        dbmaker_backup_bytes: [[{}, backups.bytes]],
        dbmaker_ports: [[{ state: 'free' }, ports.free], [{ state: 'taken' }, ports.taken], [{ state: 'resting' }, ports.quarantined]],
        dbmaker_last_event_id: [[{}, lastId]],
        dbmaker_worker_heartbeat_timestamp_seconds: known(beats, clock).map(({ worker, at }) => [{ worker }, at / 1000]),
        dbmaker_last_resync_timestamp_seconds: lastResyncAt === null ? [] : [[{}, lastResyncAt / 1000]],
        dbmaker_memory_total_bytes: capacity?.memory ? [[{}, capacity.memory.totalBytes]] : [],
        dbmaker_memory_available_bytes: capacity?.memory ? [[{}, capacity.memory.availableBytes]] : [],
        dbmaker_disk_total_bytes: (capacity?.disks ?? []).map(({ place, totalBytes }) => [{ place }, totalBytes]),
        dbmaker_disk_free_bytes: (capacity?.disks ?? []).map(({ place, freeBytes }) => [{ place }, freeBytes]),
      };
    } catch (error) {
      // The other figures are wanted most when the store is away.
      log.warn({ err: error }, 'the figures of the platform could not be read');
      return {};
    }
  }
}

/** At most so many workers: a name that changed with every start would make a new series each time. */
const MOST_WORKERS = 20;

function known(beats: readonly Heartbeat[], clock: Clock): Heartbeat[] {
  return beats.toSorted((a, b) => Number(isStale(a, clock)) - Number(isStale(b, clock)) || b.at - a.at).slice(0, MOST_WORKERS);
}

function componentsUp({ components }: Awaited<ReturnType<typeof readHealth>>): (readonly [Record<string, string>, number])[] {
  return Object.entries(components).map(([component, { status }]) => [{ component }, status === 'up' ? 1 : 0]);
}
