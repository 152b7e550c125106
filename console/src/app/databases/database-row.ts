import { DatePipe } from '@angular/common';
import { Component, computed, inject, input } from '@angular/core';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { RouterLink } from '@angular/router';
import { isShared } from '../api/rights';
import type { Database } from '../api/types';
import { Activity } from '../live/activity';
import { BytesPipe } from '../ui/bytes';
import { Icon } from '../ui/icon';
import { iconOfType } from '../ui/icons';
import { StateBadge } from '../ui/state-badge';
import { Sparkline } from './sparkline';

/** Of one with which nothing went on at all: half hours of a day. */
const NOTHING: readonly number[] = new Array<number>(48).fill(0);

@Component({
  selector: 'dbm-database-row',
  imports: [BytesPipe, DatePipe, Icon, MatProgressBarModule, RouterLink, Sparkline, StateBadge],
  templateUrl: './database-row.html',
  styleUrl: './database-row.scss',
})
export class DatabaseRow {
  protected readonly activity = inject(Activity);
  protected readonly nothing = NOTHING;
  readonly database = input.required<Database>();
  protected readonly isShared = computed(() => isShared(this.database().access));
  protected readonly icon = computed(() => iconOfType(this.database().type));
}
