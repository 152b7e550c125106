import type { Monitoring } from '../../api/types';
import { formatBytes } from '../../ui/bytes';
import { placeText } from './words';

/** Below this part of the whole, little is left. */
const LITTLE = 0.1;
/** Store and machine are compared every half minute. */
const LATE_RESYNC_MS = 120_000;

/** What an admin should see to before people notice it, the worst first. */
export function warningsOf({ workers, lastResync, capacity, ports, promised, instances }: Monitoring): string[] {
  const { memory, cpus, disks } = capacity;
  const { failed } = instances.byStatus;
  const alive = workers.filter(({ worker, stale }) => worker.startsWith('reconciler') && !stale);
  const running = alive.map(({ state }) => state['runtime'] as { ok?: boolean; name?: string; error?: string } | undefined);
  return [
    alive.length === 0 && $localize`No worker gives a sign of life: nothing is started, stopped or removed until one does.`,
    ...running.map((runtime) => runtime?.ok === false && $localize`What runs the databases does not answer: ${runtime.error ?? runtime.name ?? ''}:reason:`),
    ...disks.map(({ place, freeBytes, totalBytes }) => isLittle(freeBytes, totalBytes)
      && $localize`Only ${formatBytes(freeBytes)}:free: of ${formatBytes(totalBytes)}:total: are free on the disk for ${placeText(place)}:place:. Databases that find no room stop.`),
    memory !== null && isLittle(memory.availableBytes, memory.totalBytes)
      && $localize`Only ${formatBytes(memory.availableBytes)}:free: of ${formatBytes(memory.totalBytes)}:total: of memory are available.`,
    isLittle(ports.free, ports.to - ports.from + 1) && (ports.free === 0
      ? $localize`No port is free: no database can be made until one is deleted, or the range (DBMAKER_PORT_RANGE) is widened.`
      : $localize`Only ${ports.free}:count: ports are free for new databases.`),
    memory !== null && promised.memoryBytes > memory.totalBytes
      && $localize`More memory is promised than the machine has. That goes well for as long as the databases do not use all of it at the same time.`,
    cpus !== null && promised.cpus > cpus && $localize`More CPUs are promised than the machine has: when all are busy, they share.`,
    lastResync !== null && lastResync.ageMs > LATE_RESYNC_MS && $localize`The store and what runs were not compared for a while; that is done every half minute otherwise.`,
    failed > 0 && (failed === 1 ? $localize`One database failed.` : $localize`${failed}:count: databases failed.`),
  ].filter((text) => text !== false);
}

function isLittle(left: number, whole: number): boolean {
  return left < whole * LITTLE;
}
