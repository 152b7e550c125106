import { Component, effect, inject, input } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { Title } from '@angular/platform-browser';
import { ActivatedRoute, NavigationEnd, Router, RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { filter, map, startWith } from 'rxjs';
import { isShared, mayManage } from '../api/rights';
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
  protected readonly isShared = isShared;
  protected readonly mayManage = mayManage;
  readonly #route = inject(ActivatedRoute);
  /** What routes.ts says of the tab that is open. */
  protected readonly tab = toSignal(inject(Router).events.pipe(
    filter((event) => event instanceof NavigationEnd),
    startWith(null),
    map(() => this.#route.snapshot.firstChild?.data),
  ));

  constructor() {
    const title = inject(Title);
    effect(() => this.current.id.set(this.id()));
    effect(() => title.setTitle([this.tab()?.['tab'] as string | undefined, this.current.database()?.name ?? $localize`Database`, 'DbMaker'].filter((part) => part !== undefined).join(' · ')));
  }
}
