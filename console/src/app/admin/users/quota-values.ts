import type { Quota } from '../../api/types';

const GB = 1024 ** 3;

/** A quota as the form holds it, in units that people use; null: the field is empty. */
export interface QuotaValues {
  readonly instances: number | null;
  readonly memoryGb: number | null;
  readonly cpus: number | null;
  readonly backupGb: number | null;
}

/** Nothing said: as the installation has it. */
export const USUAL_QUOTA: QuotaValues = { instances: null, memoryGb: null, cpus: null, backupGb: null };

/** Three places after the point are a megabyte. */
const rounded = (gigabytes: number): number => Math.round(gigabytes * 1000) / 1000;

export function quotaValues({ instances, memoryBytes, cpus, backupBytes }: Quota): QuotaValues {
  return { instances, memoryGb: rounded(memoryBytes / GB), cpus, backupGb: rounded(backupBytes / GB) };
}

/** Only what differs: what was rounded for people to read is not written back. */
export function quotaChange(was: QuotaValues, now: QuotaValues): Partial<Quota> {
  const changed = (member: keyof QuotaValues): number | null => (now[member] === was[member] ? null : now[member]);
  const [instances, memoryGb, cpus, backupGb] = [changed('instances'), changed('memoryGb'), changed('cpus'), changed('backupGb')];
  return {
    ...(instances === null ? {} : { instances }),
    ...(memoryGb === null ? {} : { memoryBytes: Math.round(memoryGb * GB) }),
    ...(cpus === null ? {} : { cpus }),
    ...(backupGb === null ? {} : { backupBytes: Math.round(backupGb * GB) }),
  };
}
