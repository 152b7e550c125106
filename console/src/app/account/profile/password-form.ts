import { Component, inject, signal } from '@angular/core';
import { form, FormField, validate } from '@angular/forms/signals';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { Api, answered } from '../../api/api';
import { attempt } from '../../ui/attempt';
import { ProblemNote } from '../../ui/problem';

/** As the issuer has it; what else is wrong with a password, it says itself. */
const LEAST = 12;
const EMPTY = { current: '', next: '', again: '' };

/** Change of one's own password. */
@Component({
  selector: 'dbm-password-form',
  imports: [FormField, MatButtonModule, MatFormFieldModule, MatInputModule, ProblemNote],
  template: `
    <form class="dbm-card" (submit)="change(); $event.preventDefault()" novalidate aria-labelledby="password-title">
      <h2 id="password-title" i18n>Password</h2>
      <p class="dbm-quiet" i18n>Changing it ends all your other sign-ins. API tokens keep working.</p>
      <mat-form-field subscriptSizing="dynamic">
        <mat-label i18n>Current password</mat-label>
        <input matInput type="password" autocomplete="current-password" [formField]="values.current">
        @if (values.current().errors()[0]; as error) { <mat-error>{{ error.message }}</mat-error> }
      </mat-form-field>
      <mat-form-field subscriptSizing="dynamic">
        <mat-label i18n>New password</mat-label>
        <input matInput type="password" autocomplete="new-password" [formField]="values.next">
        <mat-hint i18n>At least 12 characters. A few unrelated words work well.</mat-hint>
        @if (values.next().errors()[0]; as error) { <mat-error>{{ error.message }}</mat-error> }
      </mat-form-field>
      <mat-form-field subscriptSizing="dynamic">
        <mat-label i18n>Repeat the new password</mat-label>
        <input matInput type="password" autocomplete="new-password" [formField]="values.again">
        @if (values.again().errors()[0]; as error) { <mat-error>{{ error.message }}</mat-error> }
      </mat-form-field>
      @if (changing.problem(); as problem) { <dbm-problem [problem]="problem" /> }
      <div class="dbm-row">
        <button matButton="filled" type="submit" [disabled]="changing.busy()" i18n>Change password</button>
        <span role="status" class="dbm-quiet">@if (changed()) { <ng-container i18n>Password changed. Your other sign-ins have ended.</ng-container> }</span>
      </div>
    </form>
  `,
})
export class PasswordForm {
  readonly #client = inject(Api).client;
  protected readonly changing = attempt();
  protected readonly changed = signal(false);
  readonly #values = signal(EMPTY);
  protected readonly values = form(this.#values, (path) => {
    validate(path.current, ({ value }) => (value() === '' ? { kind: 'current', message: $localize`It is needed, so that nobody else changes it at your desk.` } : null));
    validate(path.next, ({ value }) => (value().length < LEAST ? { kind: 'next', message: $localize`At least ${LEAST}:least: characters.` } : null));
    validate(path.again, ({ value, valueOf }) => (value() === valueOf(path.next) ? null : { kind: 'again', message: $localize`It is not the same.` }));
  });

  protected async change(): Promise<void> {
    this.changed.set(false);
    this.values().markAsTouched();
    if (!this.values().valid()) return;
    const { current, next } = this.#values();
    const worked = await this.changing.run(async () => answered(this.#client.PUT('/api/users/profile/password', { body: { current, next } })));
    if (!worked) return;
    this.values().reset(EMPTY);
    this.changed.set(true);
  }
}
