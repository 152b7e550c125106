import type { Instance } from './instance.ts';

/**
 * Why a removal of this one comes without a backup, though one is wanted; null: there is something to back up. In words that follow "as".
 * A generic engine has no data directory of its own, the others have (see `Engine.defaults`).
 */
export function keepsNothing({ engine, spec, status }: Pick<Instance, 'engine' | 'spec' | 'status'>): string | null {
  if (spec.trial === true) return 'it only tries out a template';
  if (!status.provisioned) return 'it has never run';
  return engine === 'generic' && spec.template.dataPath === undefined ? 'it keeps no data on the disk' : null;
}

/** "after a final backup", or why not. */
export function afterFinalBackup(instance: Pick<Instance, 'engine' | 'spec' | 'status'>): string {
  const reason = keepsNothing(instance);
  return reason === null ? 'after a final backup' : `without a backup, as ${reason}`;
}
