import { DatePipe } from '@angular/common';
import { Component, computed, inject, resource } from '@angular/core';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { Api, answered } from '../../api/api';
import { toApiError } from '../../api/api-error';
import { PageHeading } from '../../shell/page-heading';
import { Session } from '../../sign-in/session';
import { ProblemNote } from '../../ui/problem';
import { PasswordForm } from './password-form';
import { usageOf } from './usage';

/** Who somebody is, what of their quota they use, and their password. */
@Component({
  selector: 'dbm-profile',
  imports: [DatePipe, MatProgressBarModule, PageHeading, PasswordForm, ProblemNote],
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
            <div><dt i18n>Here since</dt><dd>{{ one.createdAt | date: 'd MMMM y' }}</dd></div>
          </dl>
          <p class="dbm-quiet" i18n>The addresses of your databases begin with your username; it never changes.</p>
        }
      </section>
      <section class="dbm-card" aria-labelledby="usage-title">
        <h2 id="usage-title" i18n>What you use</h2>
        @for (kind of usage(); track kind.title) {
          <div class="kind">
            <span>{{ kind.title }}</span>
            <span class="dbm-quiet"><ng-container i18n>{{ kind.used }} of {{ kind.most }}</ng-container>@if (kind.isFull) { <strong i18n>: nothing is left</strong> }</span>
            <mat-progress-bar mode="determinate" [value]="kind.fraction * 100" [attr.aria-label]="kind.title" />
          </div>
        }
        <p class="dbm-quiet" i18n>An admin can give you more.</p>
      </section>
      @if (hasPassword()) { <dbm-password-form /> }
    </div>
  `,
  styles: `
    .columns { display: grid; gap: 16px; align-items: start; }
    .kind { display: grid; grid-template-columns: 1fr auto; gap: 4px 16px; }
    mat-progress-bar { grid-column: 1 / -1; }
    @media (min-width: 900px) { .columns { grid-template-columns: 1fr 1fr; } }
  `,
})
export class ProfileTab {
  readonly #client = inject(Api).client;
  readonly #session = inject(Session);
  protected readonly me = resource({ loader: async () => answered(this.#client.GET('/api/users/profile')) });
  protected readonly usage = computed(() => (this.me.hasValue() ? usageOf(this.me.value()) : []));
  protected readonly problem = computed(() => { const error = this.me.error(); return error === undefined ? null : toApiError(error); });
  /** Elsewhere it is the issuer's business. */
  protected readonly hasPassword = computed(() => this.#session.issuer()?.issuer === 'embedded');
}
