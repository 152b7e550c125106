import { Component } from '@angular/core';
import { RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { PageHeading } from '../shell/page-heading';

/** What somebody is here, and what speaks for them. */
@Component({
  selector: 'dbm-account-page',
  imports: [PageHeading, RouterLink, RouterLinkActive, RouterOutlet],
  template: `
    <div class="dbm-page">
      <h1 dbmPageHeading i18n>Account</h1>
      <nav class="dbm-tabs" aria-label="Of the account" i18n-aria-label>
        <a routerLink="/account" routerLinkActive="here" ariaCurrentWhenActive="page" [routerLinkActiveOptions]="{ exact: true }" i18n>Profile</a>
        <a routerLink="/account/tokens" routerLinkActive="here" ariaCurrentWhenActive="page" i18n>API tokens</a>
      </nav>
      <router-outlet />
    </div>
  `,
})
export class AccountPage {}
