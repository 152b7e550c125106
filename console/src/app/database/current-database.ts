import { computed, inject, resource, Service, signal } from '@angular/core';
import { Api, answered } from '../api/api';
import { toApiError } from '../api/api-error';
import type { Database } from '../api/types';
import { LiveDatabases } from '../live/live-databases';

/** The database whose page is open: live if it is one's own, else (an admin looks at somebody's) as it was when the page was opened. */
@Service({ autoProvided: false })
export class CurrentDatabase {
  readonly #api = inject(Api);
  readonly #live = inject(LiveDatabases);
  readonly id = signal('');

  readonly #known = computed(() => this.#live.byId().get(this.id()));
  readonly #isUnknown = computed(() => this.#live.state() !== 'loading' && this.#known() === undefined);
  readonly #fetched = resource({
    params: () => (this.#isUnknown() && this.id() !== '' ? this.id() : undefined),
    loader: async ({ params: id }) => answered(this.#api.client.GET('/api/containers/{id}', { params: { path: { id } } })),
  });

  readonly database = computed<Database | null>(() => this.#known() ?? (this.#fetched.hasValue() ? this.#fetched.value() : null));
  /** Why it cannot be shown. */
  readonly problem = computed(() => {
    const error = this.#isUnknown() ? this.#fetched.error() : undefined;
    return error === undefined ? null : toApiError(error);
  });
}
