import { Component, computed, DestroyRef, inject, linkedSignal } from '@angular/core';
import { form, FormField } from '@angular/forms/signals';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import type { DatabaseState } from '../../api/types';
import { AllDatabases } from '../../live/all-databases';
import { addressFilter } from '../../ui/address-filter';
import { formatBytes } from '../../ui/bytes';
import { STATES } from '../../ui/state-looks';
import { EVERYTHING, matchesOwned } from './owned-filter';
import { OwnedRow } from './owned-row';

/** Rows that are made at once. Thousands would take seconds, and nobody reads them: the filter is for that. */
const ROWS = 100;

/** Everybody's databases, live. */
@Component({
  selector: 'dbm-all-databases-page',
  imports: [FormField, MatButtonModule, MatFormFieldModule, MatInputModule, MatProgressBarModule, OwnedRow],
  templateUrl: './all-databases-page.html',
  styleUrl: './all-databases-page.scss',
})
export class AllDatabasesPage {
  protected readonly live = inject(AllDatabases);
  readonly #filter = addressFilter(EVERYTHING);
  protected readonly filter = form(this.#filter);
  protected readonly types = computed(() => [...new Set(this.live.all().map(({ type }) => type))].sort());
  protected readonly owners = computed(() => [...new Set(this.live.all().map(({ owner }) => owner))].sort());
  protected readonly states = (Object.keys(STATES) as DatabaseState[]).map((value) => ({ value, text: STATES[value].text }));
  protected readonly found = computed(() => this.live.all().filter((database) => matchesOwned(database, this.#filter())));
  protected readonly isFiltered = computed(() => this.found().length !== this.live.all().length);
  readonly #most = linkedSignal({ source: this.#filter, computation: () => ROWS });
  protected readonly shown = computed(() => this.found().slice(0, this.#most()));
  protected readonly left = computed(() => this.found().length - this.shown().length);
  protected readonly memory = computed(() => formatBytes(this.found().reduce((sum, { resources }) => sum + resources.memoryBytes, 0)));

  constructor() {
    inject(DestroyRef).onDestroy(this.live.watch());
  }

  protected showMore(): void {
    this.#most.update((most) => most + ROWS);
  }

  protected showAll(): void {
    this.#filter.set(EVERYTHING);
  }
}
