import { DatePipe } from '@angular/common';
import { Component, computed, input } from '@angular/core';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { RouterLink } from '@angular/router';
import { isShared } from '../api/rights';
import type { Database } from '../api/types';
import { BytesPipe } from '../ui/bytes';
import { Icon } from '../ui/icon';
import { iconOfType } from '../ui/icons';
import { StateBadge } from '../ui/state-badge';

@Component({
  selector: 'dbm-database-row',
  imports: [BytesPipe, DatePipe, MatProgressBarModule, RouterLink, Icon, StateBadge],
  templateUrl: './database-row.html',
  styleUrl: './database-row.scss',
})
export class DatabaseRow {
  readonly database = input.required<Database>();
  protected readonly isShared = computed(() => isShared(this.database().access));
  protected readonly icon = computed(() => iconOfType(this.database().type));
}
