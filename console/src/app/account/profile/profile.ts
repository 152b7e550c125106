import { DatePipe } from '@angular/common';
import { Component, computed, inject, resource } from '@angular/core';
import { Api, answered } from '../../api/api';
import { toApiError } from '../../api/api-error';
import { PageHeading } from '../../shell/page-heading';
import { Session } from '../../sign-in/session';
import { AmountBar } from '../../ui/amount-bar';
import { ProblemNote } from '../../ui/problem';
import { usageAmounts } from '../../ui/usage';
import { PasswordForm } from './password-form';

/** Who somebody is, what of their quota they use, and their password. */
@Component({
  selector: 'dbm-profile',
  imports: [AmountBar, DatePipe, PageHeading, PasswordForm, ProblemNote],
  template: `
    @if (problem(); as problem) { <dbm-problem [problem]="problem" /> }
    <div class="columns">
      <section class="dbm-card" aria-labelledby="profile-title">
        <h2 id="profile-title" dbmPageHeading i18n>Profile</h2>
        @if (me.hasValue()) {
          @let one = me.value();
          <dl class="dbm-facts">
            <div><dt i18n>Name</dt><dd>{{ one.displayName }}</dd></div>
            <div><dt i18n>Username</dt><dd><code>{{ one.username }}</code></dd></div>
            @if (one.email; as email) { <div><dt i18n>Email</dt><dd>{{ email }}</dd></div> }
            <div><dt i18n>Role</dt><dd>@if (one.role === 'admin') { <ng-container i18n>Admin</ng-container> } @else { <ng-container i18n>User</ng-container> }</dd></div>
            <div><dt i18n>Member since</dt><dd>{{ one.createdAt | date: 'd MMMM y' }}</dd></div>
          </dl>
          <p class="dbm-quiet" i18n>The addresses of your databases begin with your username; it never changes.</p>
        }
      </section>
      <section class="dbm-card usage" aria-labelledby="usage-title">
        <h2 id="usage-title" i18n>Your quota</h2>
        @for (amount of usage(); track amount.label) { <dbm-amount-bar [label]="amount.label" [words]="amount.words" [taken]="amount.taken" [whole]="amount.whole" /> }
        <p class="dbm-quiet" i18n>Ask an admin if you need more.</p>
      </section>
      @if (hasPassword()) { <dbm-password-form /> }
    </div>
  `,
  styles: `
    .columns { display: grid; gap: 16px; align-items: start; }
    @media (min-width: 900px) {
      .columns { grid-template-columns: 1fr 1fr; grid-template-rows: auto 1fr; }
      .usage { grid-column: 2; grid-row: 1 / span 2; }
    }
  `,
})
export class ProfileTab {
  readonly #client = inject(Api).client;
  readonly #session = inject(Session);
  protected readonly me = resource({ loader: async () => answered(this.#client.GET('/api/users/profile')) });
  protected readonly usage = computed(() => (this.me.hasValue() ? usageAmounts(this.me.value().usage, this.me.value().quota) : []));
  protected readonly problem = computed(() => { const error = this.me.error(); return error === undefined ? null : toApiError(error); });
  /** Elsewhere it is the issuer's business. */
  protected readonly hasPassword = computed(() => this.#session.issuer()?.issuer === 'embedded');
}
