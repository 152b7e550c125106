import { Component, computed, inject, output, signal } from '@angular/core';
import { form, FormField, validate } from '@angular/forms/signals';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { Api, answered } from '../../api/api';
import { displayTextProblem } from '../../api/generated/names';
import type { NewToken } from '../../api/types';
import { Session } from '../../sign-in/session';
import { attempt } from '../../ui/attempt';
import { DurationSelect } from '../../ui/duration-select';
import { ProblemNote } from '../../ui/problem';
import { scopesFor } from './scopes';
import type { Scope } from './scopes';

const EMPTY = { name: '', scope: 'write' as Scope, expiresIn: '90d' };
const MOST_CHARACTERS = 100;

/** For a token that is to be made. */
@Component({
  selector: 'dbm-new-token-form',
  imports: [DurationSelect, FormField, MatButtonModule, MatFormFieldModule, MatInputModule, ProblemNote],
  template: `
    <form class="dbm-card" (submit)="make(); $event.preventDefault()" novalidate aria-labelledby="new-token-title">
      <h2 id="new-token-title" i18n>New token</h2>
      <div class="fields">
        <mat-form-field subscriptSizing="dynamic">
          <mat-label i18n>What is it for?</mat-label>
          <input matInput [formField]="values.name" autocomplete="off">
          <mat-hint i18n>Such as: laptop, shop deployment</mat-hint>
          @if (values.name().errors()[0]; as error) { <mat-error>{{ error.message }}</mat-error> }
        </mat-form-field>
        <mat-form-field subscriptSizing="dynamic">
          <mat-label i18n>What may it do?</mat-label>
          <select matNativeControl [formField]="values.scope">
            @for (one of scopes(); track one.scope) { <option [value]="one.scope">{{ one.text }}</option> }
          </select>
        </mat-form-field>
        <dbm-duration-select [formField]="values.expiresIn" [choices]="lives" label="Expires after" i18n-label />
      </div>
      @if (making.problem(); as problem) { <dbm-problem [problem]="problem" /> }
      <div class="dbm-row"><button matButton="filled" type="submit" [disabled]="making.busy()" i18n>Create token</button></div>
    </form>
  `,
  styles: '.fields { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr)); align-items: start; }',
})
export class NewTokenForm {
  readonly #client = inject(Api).client;
  readonly #profile = inject(Session).profile;
  readonly made = output<NewToken>();
  protected readonly making = attempt();
  protected readonly lives = ['7d', '30d', '90d', '365d'];
  protected readonly scopes = computed(() => scopesFor(this.#profile()?.role ?? 'user'));
  readonly #values = signal(EMPTY);
  protected readonly values = form(this.#values, (path) => {
    validate(path.name, ({ value }) => {
      const problem = displayTextProblem(value(), MOST_CHARACTERS);
      return problem === null ? null : { kind: 'name', message: $localize`It ${problem}:problem:.` };
    });
  });

  protected async make(): Promise<void> {
    this.values().markAsTouched();
    if (!this.values().valid()) return;
    await this.making.run(async () => {
      const { name, scope, expiresIn } = this.#values();
      const made = await answered(this.#client.POST('/api/tokens', { body: { name, scopes: [scope], expiresIn } }));
      this.values().reset(EMPTY);
      this.made.emit(made);
    });
  }
}
