import { DatePipe } from '@angular/common';
import { Component, computed, DestroyRef, effect, inject, input, linkedSignal, resource, untracked } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { MatButtonModule } from '@angular/material/button';
import { Api, answered } from '../../api/api';
import { toApiError } from '../../api/api-error';
import type { DatabaseEvent } from '../../api/types';
import { LiveDatabases } from '../../live/live-databases';
import { Session } from '../../sign-in/session';
import { attempt } from '../../ui/attempt';
import { Icon } from '../../ui/icon';
import { ProblemNote } from '../../ui/problem';
import { CurrentDatabase } from '../current-database';
import { inHistory, looksOfEvent, newestFirst, personOf } from './timeline-events';

const PAGE = 30;

/** What happened to a database, newest first, and what happens while it is looked at. */
@Component({
  selector: 'dbm-timeline',
  imports: [DatePipe, Icon, MatButtonModule, ProblemNote],
  template: `
    <section class="dbm-card" aria-labelledby="timeline-title">
      <h2 id="timeline-title" i18n>History</h2>
      @if (problem(); as problem) { <dbm-problem [problem]="problem" /> }
      <ol>
        @for (event of events(); track event.id) {
          <li>
            @let looks = looksOf(event);
            <dbm-icon [name]="looks.icon" [attr.data-tone]="looks.tone" />
            <span>{{ event.message }}</span>
            <span class="when">
              <time [attr.datetime]="event.at" [title]="event.at | date: 'medium'">{{ event.at | date: 'd MMM, HH:mm:ss' }}</time>
              @if (otherPerson(event); as person) { · <ng-container i18n>by {{ person }}</ng-container> }
            </span>
          </li>
        }
      </ol>
      @if (hasOlder()) { <button matButton type="button" [disabled]="reading.busy()" (click)="readOlder()" i18n>Show older</button> }
    </section>
  `,
  styles: `
    ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 10px; }
    li { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 10px; overflow-wrap: anywhere; }
    .when { grid-column: 2; color: var(--mat-sys-on-surface-variant); font: var(--mat-sys-body-small); }
    dbm-icon { color: var(--mat-sys-on-surface-variant); }
    dbm-icon[data-tone='good'] { color: var(--dbm-good); }
    dbm-icon[data-tone='warn'] { color: var(--dbm-warn); }
    dbm-icon[data-tone='bad'] { color: var(--dbm-bad); }
    button { justify-self: start; }
  `,
})
export class Timeline {
  readonly #client = inject(Api).client;
  readonly #username = inject(Session).profile()?.username;
  readonly #snapshots = inject(LiveDatabases).snapshots;
  readonly databaseId = input.required<string>();
  readonly #recent = resource({ params: () => this.databaseId(), loader: ({ params: id }) => this.#page(id) });
  readonly #older = linkedSignal<string, readonly DatabaseEvent[]>({ source: this.databaseId, computation: () => [] });
  readonly #fresh = linkedSignal<string, readonly DatabaseEvent[]>({ source: this.databaseId, computation: () => [] });
  readonly #isAtBeginning = linkedSignal({ source: this.databaseId, computation: () => false });
  protected readonly reading = attempt();
  protected readonly events = computed(() => newestFirst([...this.#older(), ...(this.#recent.hasValue() ? this.#recent.value() : []), ...this.#fresh()]));
  protected readonly hasOlder = computed(() => this.#recent.hasValue() && this.#recent.value().length === PAGE && !this.#isAtBeginning());
  protected readonly problem = computed(() => {
    const error = this.#recent.error();
    return this.reading.problem() ?? (error === undefined ? null : toApiError(error));
  });
  protected readonly looksOf = looksOfEvent;

  constructor() {
    effect(() => {
      if (this.#snapshots() > 0) untracked(() => this.#recent.reload()); // the stream may have left something out
    });
    inject(CurrentDatabase).events.pipe(takeUntilDestroyed(inject(DestroyRef))).subscribe((event) => {
      if (event.containerId === this.databaseId() && inHistory(event)) this.#fresh.update((known) => [...known, event]);
    });
  }

  /** Who did it, if it was somebody else. */
  protected otherPerson(event: DatabaseEvent): string | null {
    const person = personOf(event);
    return person === this.#username ? null : person;
  }

  protected async readOlder(): Promise<void> {
    const id = this.databaseId();
    await this.reading.run(async () => {
      const events = await this.#page(id, this.events().at(-1)?.id);
      if (id !== this.databaseId()) return;
      this.#older.update((known) => [...known, ...events]);
      if (events.length < PAGE) this.#isAtBeginning.set(true);
    });
  }

  async #page(id: string, before?: number): Promise<DatabaseEvent[]> {
    const query = { limit: PAGE, order: 'newest' as const, ...(before === undefined ? {} : { before }) };
    return (await answered(this.#client.GET('/api/containers/{id}/events', { params: { path: { id }, query } }))).items;
  }
}
