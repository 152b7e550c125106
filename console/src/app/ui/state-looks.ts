import type { Database, DatabaseState } from '../api/types';
import type { IconName } from './icons';

export interface Looks {
  readonly icon: IconName;
  readonly text: string;
  readonly tone: 'good' | 'busy' | 'rest' | 'warn' | 'bad';
}

export const STATES: Readonly<Record<DatabaseState, Looks>> = {
  pending: { icon: 'progress', text: $localize`Waiting`, tone: 'busy' },
  provisioning: { icon: 'progress', text: $localize`Being set up`, tone: 'busy' },
  running: { icon: 'good', text: $localize`Running`, tone: 'good' },
  sleeping: { icon: 'sleep', text: $localize`Sleeping`, tone: 'rest' },
  stopped: { icon: 'stopped', text: $localize`Stopped`, tone: 'rest' },
  failed: { icon: 'alert', text: $localize`Failed`, tone: 'bad' },
  deleting: { icon: 'delete', text: $localize`Being deleted`, tone: 'warn' },
};

/** A running one is as well as its last answers were. */
export function looksOf({ status, health }: Pick<Database, 'status' | 'health'>): Looks {
  if (status !== 'running') return STATES[status];
  switch (health?.state) {
    case 'starting': return { icon: 'progress', text: $localize`Running, starting up`, tone: 'busy' };
    case 'failing': return { icon: 'warning', text: $localize`Running, slow to answer`, tone: 'warn' };
    case 'unhealthy': return { icon: 'alert', text: $localize`Running, does not answer`, tone: 'bad' };
    case 'healthy': return { ...STATES.running, text: $localize`Running, healthy` };
    case undefined: return STATES.running;
  }
}
