import { Component, effect, inject, input } from '@angular/core';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { Title } from '@angular/platform-browser';
import { RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { Icon } from '../ui/icon';
import { iconOfType } from '../ui/icons';
import { ProblemNote } from '../ui/problem';
import { StateBadge } from '../ui/state-badge';
import { ActionBar } from './actions/action-bar';
import { CurrentDatabase } from './current-database';

/** One database: its name, state and actions, and below it what can be seen and set. */
@Component({
  selector: 'dbm-database-page',
  imports: [ActionBar, Icon, MatProgressBarModule, ProblemNote, RouterLink, RouterLinkActive, RouterOutlet, StateBadge],
  providers: [CurrentDatabase],
  templateUrl: './database-page.html',
  styleUrl: './database-page.scss',
})
export class DatabasePage {
  /** Of the address. */
  readonly id = input.required<string>();
  protected readonly current = inject(CurrentDatabase);
  protected readonly iconOf = iconOfType;

  constructor() {
    const title = inject(Title);
    effect(() => this.current.id.set(this.id()));
    effect(() => title.setTitle(`${this.current.database()?.name ?? $localize`Database`} · DbMaker`));
  }
}
