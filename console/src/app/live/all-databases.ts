import { computed, DestroyRef, effect, inject, Service } from '@angular/core';
import { Session } from '../sign-in/session';
import { DatabaseStream } from './database-stream';

/** From one page to the next that wants it, the stream goes on. */
const LINGER_MS = 10_000;

/** Everybody's databases, live, for as long as a page wants them. For admins: the API refuses it to others. */
@Service()
export class AllDatabases {
  readonly #session = inject(Session);
  readonly #stream = new DatabaseStream('/events/containers?all=true', this.#session);
  readonly #signedIn = computed(() => this.#session.profile() !== null);
  #watchers = 0;
  #isOpen = false;
  #end: ReturnType<typeof setTimeout> | undefined;

  readonly state = this.#stream.state;
  readonly byId = this.#stream.byId;
  /** Newest first. */
  readonly all = this.#stream.all;
  readonly events = this.#stream.events;

  constructor() {
    effect(() => { if (!this.#signedIn()) this.#close(); });
    inject(DestroyRef).onDestroy(() => this.#close());
  }

  /** Listens until everybody who called this has called what it returned. */
  watch(): () => void {
    this.#watchers += 1;
    clearTimeout(this.#end);
    if (!this.#isOpen) this.#stream.open();
    this.#isOpen = true;
    return () => {
      this.#watchers -= 1;
      if (this.#watchers === 0) this.#end = setTimeout(() => this.#close(), LINGER_MS);
    };
  }

  #close(): void {
    clearTimeout(this.#end);
    this.#isOpen = false;
    this.#stream.forget();
  }
}
