import { computed, DestroyRef, effect, inject, Service, untracked } from '@angular/core';
import { Session } from '../sign-in/session';
import { DatabaseStream } from './database-stream';

/** All databases of the person who is signed in, as they are right now. One stream for the whole page, for as long as somebody is signed in and sees the page. */
@Service()
export class LiveDatabases {
  readonly #session = inject(Session);
  readonly #stream = new DatabaseStream('/events/containers', this.#session);
  readonly #signedIn = computed(() => this.#session.profile() !== null);

  readonly state = this.#stream.state;
  readonly snapshots = this.#stream.snapshots;
  readonly openings = this.#stream.openings;
  readonly byId = this.#stream.byId;
  /** Newest first. */
  readonly all = this.#stream.all;
  /** What happens, as it happens. */
  readonly events = this.#stream.events;
  readonly activity = this.#stream.activity;

  constructor() {
    effect(() => {
      const signedIn = this.#signedIn();
      untracked(() => (signedIn ? this.#stream.open() : this.#stream.forget()));
    });
    inject(DestroyRef).onDestroy(() => this.#stream.forget());
  }
}
