import { Component } from '@angular/core';
import { RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';

/** What stands around every page for admins. */
@Component({
  selector: 'dbm-admin-page',
  imports: [RouterLink, RouterLinkActive, RouterOutlet],
  template: `
    <div class="dbm-page">
      <nav class="dbm-tabs" aria-label="Admin" i18n-aria-label>
        <a routerLink="users" routerLinkActive="here" ariaCurrentWhenActive="page" i18n>Users</a>
        <a routerLink="databases" routerLinkActive="here" ariaCurrentWhenActive="page" i18n>All databases</a>
        <a routerLink="capacity" routerLinkActive="here" ariaCurrentWhenActive="page" i18n>Capacity</a>
        <a routerLink="templates" routerLinkActive="here" ariaCurrentWhenActive="page" i18n>Templates</a>
        <a routerLink="audit" routerLinkActive="here" ariaCurrentWhenActive="page" i18n>Audit</a>
        <a routerLink="webhooks" routerLinkActive="here" ariaCurrentWhenActive="page" i18n>Webhooks</a>
      </nav>
      <router-outlet />
    </div>
  `,
})
export class AdminPage {}
