import type { Share } from '../../api/types';

export type SharedAs = Share['access'];

/** What somebody may do with whom a database is shared, in the words of people. */
export const SHARED_AS: readonly { readonly access: SharedAs; readonly name: string; readonly text: string }[] = [
  { access: 'viewer', name: $localize`Viewer`, text: $localize`looks at it: its state, figures, log and history. Does not get the password.` },
  { access: 'operator', name: $localize`Operator`, text: $localize`also connects with its password, starts, stops and restarts it. Does not change, delete or share it.` },
];
