import { Component, effect, inject, input } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { Title } from '@angular/platform-browser';
import { ActivatedRoute, NavigationEnd, Router, RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { filter, map, startWith } from 'rxjs';
import { PageHeading } from '../shell/page-heading';
import { Icon } from '../ui/icon';
import { iconOfType } from '../ui/icons';
import { ProblemNote } from '../ui/problem';
import { StateBadge } from '../ui/state-badge';
import { ActionBar } from './actions/action-bar';
import { CurrentDatabase } from './current-database';

/** One database: its name, state and actions, and below it what can be seen and set. */
@Component({
  selector: 'dbm-database-page',
  imports: [ActionBar, Icon, MatProgressBarModule, PageHeading, ProblemNote, RouterLink, RouterLinkActive, RouterOutlet, StateBadge],
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
    const route = inject(ActivatedRoute);
    const tab = toSignal(inject(Router).events.pipe(
      filter((event) => event instanceof NavigationEnd),
      startWith(null),
      map(() => route.snapshot.firstChild?.data['tab'] as string | undefined),
    ));
    effect(() => this.current.id.set(this.id()));
    effect(() => title.setTitle([tab(), this.current.database()?.name ?? $localize`Database`, 'DbMaker'].filter((part) => part !== undefined).join(' · ')));
  }
}
