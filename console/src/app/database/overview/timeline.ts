import { DatePipe } from '@angular/common';
import { Component, computed, DestroyRef, inject, input, linkedSignal, resource } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { Api, answered } from '../../api/api';
import { toApiError } from '../../api/api-error';
import type { DatabaseEvent } from '../../api/types';
import { Icon } from '../../ui/icon';
import { ProblemNote } from '../../ui/problem';
import { CurrentDatabase } from '../current-database';
import { iconOfEvent, inHistory, newestFirst } from './timeline-events';

/** What happened to a database, newest first, and what happens while it is looked at. */
@Component({
  selector: 'dbm-timeline',
  imports: [DatePipe, Icon, ProblemNote],
  template: `
    <section class="dbm-card" aria-labelledby="timeline-title">
      <h2 id="timeline-title" i18n>What happened</h2>
      @if (problem(); as problem) { <dbm-problem [problem]="problem" /> }
      <ol>
        @for (event of events(); track event.id) {
          <li>
            <dbm-icon [name]="iconOf(event.type)" />
            <span>{{ event.message }}</span>
            <time [attr.datetime]="event.at" [title]="event.at | date: 'medium'">{{ event.at | date: 'd MMM, HH:mm:ss' }}</time>
          </li>
        }
      </ol>
    </section>
  `,
  styles: `
    ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 10px; max-height: 36rem; overflow: auto; }
    li { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 10px; overflow-wrap: anywhere; }
    time { grid-column: 2; color: var(--mat-sys-on-surface-variant); font: var(--mat-sys-body-small); }
    dbm-icon { color: var(--mat-sys-on-surface-variant); }
  `,
})
export class Timeline {
  readonly #api = inject(Api);
  readonly databaseId = input.required<string>();
  readonly #past = resource({
    params: () => this.databaseId(),
    loader: async ({ params: id }) => (await answered(this.#api.client.GET('/api/containers/{id}/events', { params: { path: { id }, query: { limit: 200 } } }))).items,
  });
  readonly #fresh = linkedSignal<string, readonly DatabaseEvent[]>({ source: this.databaseId, computation: () => [] });
  protected readonly events = computed(() => newestFirst([...(this.#past.hasValue() ? this.#past.value() : []), ...this.#fresh()]));
  protected readonly problem = computed(() => { const error = this.#past.error(); return error === undefined ? null : toApiError(error); });
  protected readonly iconOf = iconOfEvent;

  constructor() {
    inject(CurrentDatabase).events.pipe(takeUntilDestroyed(inject(DestroyRef))).subscribe((event) => {
      if (event.containerId === this.databaseId() && inHistory(event)) this.#fresh.update((known) => [...known, event]);
    });
  }
}
