import { computed, DestroyRef, effect, inject, linkedSignal, resource, Service, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { merge } from 'rxjs';
import { Api, answered } from '../api/api';
import { toApiError } from '../api/api-error';
import type { Database } from '../api/types';
import { AllDatabases } from '../live/all-databases';
import { LiveDatabases } from '../live/live-databases';
import { Session } from '../sign-in/session';

/** The database whose page is open, live: of the list of what is one's own, or (an admin looks at somebody's) of everybody's. */
@Service({ autoProvided: false })
export class CurrentDatabase {
  readonly #api = inject(Api);
  readonly #live = inject(LiveDatabases);
  readonly #everybodys = inject(AllDatabases);
  readonly #profile = inject(Session).profile;
  readonly id = signal('');
  /** What happens to this one and to others, each event perhaps twice. */
  readonly events = merge(this.#live.events, this.#everybodys.events);

  readonly #known = computed(() => this.#live.byId().get(this.id()));
  readonly #isUnknown = computed(() => this.#live.state() !== 'loading' && this.#known() === undefined);
  readonly #followed = computed(() => this.#everybodys.byId().get(this.id()));
  readonly #isFollowed = computed(() => this.#followed() !== undefined);
  readonly #fetched = resource({
    // Also asked again once it is not followed any more: then it is gone, and the API says so.
    params: () => (this.#isUnknown() && this.id() !== '' ? { id: this.id(), isFollowed: this.#isFollowed() } : undefined),
    loader: async ({ params: { id } }) => answered(this.#api.client.GET('/api/containers/{id}', { params: { path: { id } } })),
  });

  readonly database = computed<Database | null>(() => this.#known() ?? this.#followed() ?? (this.#fetched.hasValue() ? this.#fetched.value() : null));
  /** Whether it is somebody else's, at whom an admin looks. */
  readonly isOthers = computed(() => this.#isUnknown() && this.#profile()?.role === 'admin' && this.database() !== null && this.database()?.owner !== this.#profile()?.username);
  readonly #unshared = linkedSignal({ source: this.id, computation: () => false });
  /** It was somebody's who shared it, and does so no more. */
  readonly isUnshared = this.#unshared.asReadonly();
  /** Why it cannot be shown. */
  readonly problem = computed(() => {
    const error = this.#isUnknown() ? this.#fetched.error() : undefined;
    return error === undefined ? null : toApiError(error);
  });

  constructor() {
    this.#live.events.pipe(takeUntilDestroyed(inject(DestroyRef))).subscribe(({ containerId, type, container }) => {
      if (containerId === this.id()) this.#unshared.set(type === 'instance.unshared' && container === null);
    });
    effect((onCleanup) => { if (this.isOthers()) onCleanup(this.#everybodys.watch()); });
  }
}
