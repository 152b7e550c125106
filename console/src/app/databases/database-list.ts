import { Component, computed, inject, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { RouterLink } from '@angular/router';
import { isShared } from '../api/rights';
import type { DatabaseState } from '../api/types';
import { LiveDatabases } from '../live/live-databases';
import { PageHeading } from '../shell/page-heading';
import { Icon } from '../ui/icon';
import { STATES } from '../ui/state-looks';
import { DatabaseRow } from './database-row';
import { FirstDatabase } from './first-database';
import { isOf, matches, NO_FILTER } from './filter';
import type { Filter, Whose } from './filter';

/** My databases, live. The first page that people see: its fields are the browser's own, as the library of forms would be a sixth of what it loads. */
@Component({
  selector: 'dbm-database-list',
  imports: [DatabaseRow, FirstDatabase, Icon, MatButtonModule, MatProgressBarModule, PageHeading, RouterLink],
  templateUrl: './database-list.html',
  styleUrl: './database-list.scss',
})
export class DatabaseList {
  protected readonly live = inject(LiveDatabases);
  protected readonly whose = signal<Whose>('');
  protected readonly filter = signal(NO_FILTER);
  protected readonly types = computed(() => [...new Set(this.live.all().map(({ type }) => type))].sort());
  protected readonly states = Object.entries(STATES).map(([value, { text }]) => ({ value: value as DatabaseState, text }));
  protected readonly shown = computed(() => this.live.all().filter((database) => isOf(database, this.whose()) && matches(database, this.filter())));
  protected readonly isAnyShared = computed(() => this.live.all().some(({ access }) => isShared(access)));
  protected readonly isFiltered = computed(() => this.shown().length !== this.live.all().length);

  protected narrow(by: Partial<Filter>): void {
    this.filter.update((filter) => ({ ...filter, ...by }));
  }

  protected showAll(): void {
    this.filter.set(NO_FILTER);
    this.whose.set('');
  }
}
