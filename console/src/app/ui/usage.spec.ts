import { usageAmounts } from './usage';

const GB = 1024 ** 3;

describe('what somebody has in use', () => {
  it('is said in words, of all that they may have', () => {
    const amounts = usageAmounts({ instances: 3, memoryBytes: GB / 2, cpus: 1.5, backupBytes: 0 }, { instances: 10, memoryBytes: 8 * GB, cpus: 16, backupBytes: 10 * GB });
    expect(amounts.map(({ label, words }) => `${label}: ${words}`)).toEqual(['Databases: 3 of 10', 'Memory: 512 MB of 8 GB', 'CPU cores: 1.5 of 16', 'Backups: 0 B of 10 GB']);
  });
});
