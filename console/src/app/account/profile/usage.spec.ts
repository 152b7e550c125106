import { usageOf } from './usage';

describe('what somebody holds of what they may', () => {
  it('is told in the units of people, and is never more than all', () => {
    const [databases, memory, cpus, backups] = usageOf({
      usage: { instances: 2, memoryBytes: 512 * 1024 ** 2, cpus: 1.5, backupBytes: 9 }, quota: { instances: 2, memoryBytes: 1024 ** 3, cpus: 1, backupBytes: 0 },
    });
    expect(databases).toEqual({ title: 'Databases', used: '2', most: '2', fraction: 1, isFull: true });
    expect([memory?.used, memory?.most, memory?.fraction, memory?.isFull]).toEqual(['512 MB', '1 GB', 0.5, false]);
    expect([cpus?.used, cpus?.fraction]).toEqual(['1.5', 1]);
    expect(backups?.fraction).toBe(1);
  });
});
