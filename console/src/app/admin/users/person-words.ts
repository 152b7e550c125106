import type { Person } from '../../api/types';
import type { Looks } from '../../ui/state-looks';

/** What is special about somebody; null: nothing. */
export function personLooks({ disabled, role }: Pick<Person, 'disabled' | 'role'>): Looks | null {
  if (disabled) return { icon: 'stopped', text: $localize`Disabled`, tone: 'bad' };
  return role === 'admin' ? { icon: 'admin', text: $localize`Admin`, tone: 'busy' } : null;
}

/** Names of the fields of a user, for what the API says of them. */
export const USER_FIELDS = {
  '/username': $localize`The username`,
  '/displayName': $localize`The name`,
  '/email': $localize`The email address`,
  '/quota/instances': $localize`The number of databases`,
  '/quota/memoryBytes': $localize`The memory`,
  '/quota/cpus': $localize`The number of cores`,
  '/quota/backupBytes': $localize`The room for backups`,
} as const;
