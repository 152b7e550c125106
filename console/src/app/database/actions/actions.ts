import { inject, Service } from '@angular/core';
import { Api, answered } from '../../api/api';
import { mayManage, mayUse } from '../../api/rights';
import type { Database } from '../../api/types';

export type Action = 'start' | 'stop' | 'sleep' | 'restart' | 'rotate-password';

/** What can be done to a database. Each resolves when it was accepted; how it goes on is told live. */
@Service()
export class Actions {
  readonly #client = inject(Api).client;

  async run(action: Action, id: string): Promise<void> {
    await answered(this.#client.POST(`/api/containers/{id}/${action}`, { params: { path: { id } } }));
  }

  /** It is shared with them no more. */
  async leave(id: string, username: string): Promise<void> {
    await answered(this.#client.DELETE('/api/containers/{id}/shares/{username}', { params: { path: { id, username } } }));
  }

  /** `backup`: whether one is made before. */
  async delete(id: string, backup: boolean): Promise<void> {
    await answered(this.#client.DELETE('/api/containers/{id}', { params: { path: { id }, query: { backup } } }));
  }
}

/** What makes sense as things are, and may be done by whoever asks, the likeliest first. */
export function actionsFor({ status, desired, engine, access }: Pick<Database, 'status' | 'desired' | 'engine' | 'access'>): readonly Action[] {
  if (status === 'deleting' || !mayUse(access)) return [];
  if (status === 'stopped' || desired === 'stopped') return ['start'];
  if (status === 'sleeping') return ['start', 'stop'];
  if (status === 'failed') return ['restart', 'stop'];
  if (status !== 'running') return ['stop'];
  return ['restart', 'stop', 'sleep', ...(engine === 'generic' || !mayManage(access) ? [] : ['rotate-password' as const])];
}
