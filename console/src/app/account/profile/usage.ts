import type { Me } from '../../api/types';
import { formatBytes } from '../../ui/bytes';

export interface Usage {
  readonly title: string;
  readonly used: string;
  readonly most: string;
  /** 0 to 1, also where more is used than there may be. */
  readonly fraction: number;
  /** Nothing of it is left. */
  readonly isFull: boolean;
}

const KINDS = [
  { member: 'instances', title: $localize`Databases`, format: String },
  { member: 'memoryBytes', title: $localize`Memory`, format: formatBytes },
  { member: 'cpus', title: $localize`CPUs`, format: (cpus: number) => cpus.toLocaleString() },
  { member: 'backupBytes', title: $localize`Backups`, format: formatBytes },
] as const;

/** What is held of what may be held. */
export function usageOf({ usage, quota }: Pick<Me, 'usage' | 'quota'>): Usage[] {
  return KINDS.map(({ member, title, format }) => {
    const [used, most] = [usage[member], quota[member]];
    return { title, used: format(used), most: format(most), fraction: most === 0 ? 1 : Math.min(1, used / most), isFull: used >= most };
  });
}
