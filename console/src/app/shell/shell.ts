import { Component, inject } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatMenuModule } from '@angular/material/menu';
import { RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { LiveDatabases } from '../live/live-databases';
import { Session } from '../sign-in/session';
import { Icon } from '../ui/icon';
import { Theme } from './theme';
import type { ThemeName } from './theme';

/** What stands around every page: where one can go, who one is, and whether what is shown is still live. */
@Component({
  selector: 'dbm-shell',
  imports: [RouterLink, RouterLinkActive, RouterOutlet, MatButtonModule, MatMenuModule, Icon],
  templateUrl: './shell.html',
  styleUrl: './shell.scss',
})
export class Shell {
  protected readonly session = inject(Session);
  protected readonly theme = inject(Theme);
  protected readonly live = inject(LiveDatabases);
  protected readonly themes: readonly { readonly name: ThemeName; readonly text: string }[] = [
    { name: 'light dark', text: $localize`System` },
    { name: 'light', text: $localize`Light` },
    { name: 'dark', text: $localize`Dark` },
  ];

  protected skipTo(main: HTMLElement): void {
    main.focus();
  }
}
