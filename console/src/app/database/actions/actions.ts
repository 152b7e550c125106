import { inject, Service } from '@angular/core';
import { Api, answered } from '../../api/api';
import type { Database } from '../../api/types';

export type Action = 'start' | 'stop' | 'sleep' | 'restart' | 'rotate-password';

/** What can be done to a database. Each resolves when it was accepted; how it goes on is told live. */
@Service()
export class Actions {
  readonly #client = inject(Api).client;

  async run(action: Action, id: string): Promise<void> {
    await answered(this.#client.POST(`/api/containers/{id}/${action}`, { params: { path: { id } } }));
  }

  /** `backup`: whether one is made before. */
  async delete(id: string, backup: boolean): Promise<void> {
    await answered(this.#client.DELETE('/api/containers/{id}', { params: { path: { id }, query: { backup } } }));
  }
}

/** What makes sense as things are, the likeliest first. */
export function actionsFor({ status, desired, engine }: Pick<Database, 'status' | 'desired' | 'engine'>): readonly Action[] {
  if (status === 'deleting') return [];
  if (status === 'stopped' || desired === 'stopped') return ['start'];
  if (status === 'sleeping') return ['start', 'stop'];
  if (status === 'failed') return ['restart', 'stop'];
  if (status !== 'running') return ['stop'];
  return ['restart', 'stop', 'sleep', ...(engine === 'generic' ? [] : ['rotate-password' as const])];
}
