import { Component } from '@angular/core';
import { RouterLink } from '@angular/router';
import { PageHeading } from './page-heading';

@Component({
  selector: 'dbm-not-found',
  imports: [PageHeading, RouterLink],
  template: `
    <div class="dbm-page">
      <h1 dbmPageHeading i18n>There is nothing here</h1>
      <p i18n>The address may be mistyped, or what was here is gone. <a routerLink="/">My databases</a></p>
    </div>
  `,
})
export class NotFound {}
