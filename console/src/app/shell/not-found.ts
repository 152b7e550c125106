import { Component } from '@angular/core';
import { RouterLink } from '@angular/router';

@Component({
  selector: 'dbm-not-found',
  imports: [RouterLink],
  template: `
    <div class="dbm-page">
      <h1 i18n>There is nothing here</h1>
      <p i18n>The address may be mistyped, or what was here is gone. <a routerLink="/">My databases</a></p>
    </div>
  `,
})
export class NotFound {}
