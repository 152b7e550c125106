import { computed, effect, inject, linkedSignal, resource, Service, untracked } from '@angular/core';
import { Api, answered } from '../api/api';
import type { DayOfActivity } from '../api/types';
import { Session } from '../sign-in/session';
import { withActivity } from './day-of-activity';
import { LiveDatabases } from './live-databases';

/** How much went on with one's databases in the last day, kept up to date by the stream. It is an extra: where it cannot be had, there is none. */
@Service()
export class Activity {
  readonly #client = inject(Api).client;
  readonly #session = inject(Session);
  readonly #person = computed(() => this.#session.profile()?.id);
  readonly #fetched = resource({
    params: () => this.#person(),
    loader: async () => answered(this.#client.GET('/api/containers/activity', { params: { query: { mine: true } } })),
  });
  readonly #day = linkedSignal<DayOfActivity | null>(() => (this.#fetched.hasValue() ? this.#fetched.value() : null));
  /** null: not known. */
  readonly day = this.#day.asReadonly();

  constructor() {
    const live = inject(LiveDatabases);
    live.activity.subscribe((message) => this.#day.update((day) => (day === null ? null : withActivity(day, message))));
    effect(() => {
      if (live.openings() > 0) untracked(() => this.#fetched.reload()); // what went on meanwhile was not heard of
    });
  }
}
