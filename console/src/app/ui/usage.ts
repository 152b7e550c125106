import type { Quota } from '../api/types';
import { formatBytes } from './bytes';

/** What is taken of something, for a bar. */
export interface Amount {
  readonly label: string;
  readonly words: string;
  readonly taken: number;
  readonly whole: number;
}

/** "3 of 10". */
export function ofText(taken: string, whole: string): string {
  return $localize`${taken}:taken: of ${whole}:whole:`;
}

/** What somebody has in use of what they may have. */
export function usageAmounts(usage: Quota, quota: Quota): Amount[] {
  const number = (value: number): string => value.toLocaleString(undefined, { maximumFractionDigits: 2 });
  const amount = (label: string, taken: number, whole: number, text: (value: number) => string): Amount => ({ label, words: ofText(text(taken), text(whole)), taken, whole });
  return [
    amount($localize`Databases`, usage.instances, quota.instances, number),
    amount($localize`Memory`, usage.memoryBytes, quota.memoryBytes, formatBytes),
    amount($localize`CPU cores`, usage.cpus, quota.cpus, number),
    amount($localize`Backups`, usage.backupBytes, quota.backupBytes, formatBytes),
  ];
}
