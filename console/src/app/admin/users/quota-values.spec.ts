import { quotaChange, quotaValues, USUAL_QUOTA } from './quota-values';

const GB = 1024 ** 3;
const quota = { instances: 10, memoryBytes: 8 * GB, cpus: 16, backupBytes: 100_000_000 };

describe('a quota in a form', () => {
  it('has units that people use', () => expect(quotaValues(quota)).toEqual({ instances: 10, memoryGb: 8, cpus: 16, backupGb: 0.093 }));

  it('changes only what was changed, not what was rounded', () => {
    const was = quotaValues(quota);
    expect(quotaChange(was, { ...was })).toEqual({});
    expect(quotaChange(was, { ...was, memoryGb: 0.5, instances: 0 })).toEqual({ instances: 0, memoryBytes: GB / 2 });
  });

  it('of somebody new is what was said, else the usual', () => expect(quotaChange(USUAL_QUOTA, { ...USUAL_QUOTA, cpus: 2 })).toEqual({ cpus: 2 }));
});
