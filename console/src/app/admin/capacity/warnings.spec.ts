import type { Monitoring } from '../../api/types';
import { warningsOf } from './warnings';

const GB = 1024 ** 3;
const NONE = { pending: 0, provisioning: 0, running: 0, sleeping: 0, stopped: 0, failed: 0, deleting: 0 };
const WORKER = { worker: 'reconciler', at: '2026-01-31T12:00:00Z', stale: false, state: { runtime: { name: 'docker', ok: true } } };
const WELL: Monitoring = {
  instances: { total: 1, byStatus: { ...NONE, running: 1 } },
  promised: { memoryBytes: GB, cpus: 1 },
  ports: { from: 20_000, to: 20_999, taken: 1, quarantined: 0, free: 999 },
  capacity: { memory: { totalBytes: 8 * GB, availableBytes: 4 * GB }, cpus: 4, disks: [{ place: 'home', totalBytes: 100 * GB, freeBytes: 50 * GB }] },
  lastResync: { at: '2026-01-31T12:00:00Z', ageMs: 5000 },
  workers: [WORKER],
};

describe('warnings of capacity', () => {
  it('are none where there is room and everything lives', () => expect(warningsOf(WELL)).toEqual([]));

  it('name the disk that is nearly full, and what is left', () => {
    const disks = [{ place: 'home', totalBytes: 100 * GB, freeBytes: 5 * GB }];
    expect(warningsOf({ ...WELL, capacity: { ...WELL.capacity, disks } })).toEqual([expect.stringContaining('Only 5 GB of 100 GB are free on the disk for data and backups')]);
  });

  it('tell that nobody works, or that what runs databases is away', () => {
    expect(warningsOf({ ...WELL, workers: [{ ...WORKER, stale: true }] })[0]).toContain('No worker');
    expect(warningsOf({ ...WELL, workers: [] })[0]).toContain('No worker');
    expect(warningsOf({ ...WELL, workers: [{ ...WORKER, state: { runtime: { name: 'docker', ok: false, error: 'Docker does not answer.' } } }] })).toEqual([expect.stringContaining('Docker does not answer.')]);
  });

  it('tell when ports run out', () => {
    expect(warningsOf({ ...WELL, ports: { ...WELL.ports, free: 12 } })).toEqual(['Only 12 ports are free for new databases.']);
    expect(warningsOf({ ...WELL, ports: { ...WELL.ports, free: 0 } })[0]).toContain('No port is free');
  });

  it('tell what is promised twice, and what failed', () => {
    const warnings = warningsOf({ ...WELL, promised: { memoryBytes: 9 * GB, cpus: 5 }, instances: { total: 3, byStatus: { ...NONE, failed: 2 } } });
    expect(warnings).toEqual([expect.stringContaining('More memory is promised'), expect.stringContaining('More CPUs are promised'), '2 databases failed.']);
  });
});
