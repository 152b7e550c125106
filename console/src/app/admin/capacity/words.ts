import type { Monitoring } from '../../api/types';

/** What a disk is for. */
export function placeText(place: string): string {
  switch (place) {
    case 'home': return $localize`data and backups`;
    case 'docker': return $localize`images and containers`;
    default: return place;
  }
}

type Worker = Monitoring['workers'][number];

/** What a worker does. */
export function workerText({ worker }: Pick<Worker, 'worker'>): string {
  switch (worker) {
    case 'reconciler': return $localize`Runs the databases`;
    case 'webhooks': return $localize`Sends webhooks`;
    default: return worker;
  }
}

/** By what databases are run there: "docker 20.10"; null: it says nothing of it. */
export function runtimeText({ state }: Pick<Worker, 'state'>): string | null {
  const runtime = state['runtime'] as { readonly name?: string; readonly version?: string; readonly ok?: boolean } | undefined;
  if (runtime === undefined) return null;
  return [runtime.name, runtime.version].filter((text) => text !== undefined).join(' ');
}
