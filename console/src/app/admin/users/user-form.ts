import { Component, computed, inject, input, linkedSignal, output, signal } from '@angular/core';
import { apply, disabled, form, FormField, submit, validate } from '@angular/forms/signals';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { Api, answered } from '../../api/api';
import { displayTextProblem } from '../../api/generated/names';
import type { Person } from '../../api/types';
import { attempt } from '../../ui/attempt';
import { inWordsOfFields } from '../../ui/field-problem';
import { ProblemNote } from '../../ui/problem';
import { Issuer } from './issuer';
import { USER_FIELDS } from './person-words';
import { QuotaFields } from './quota-fields';
import { quotaRules } from './quota-rules';
import { quotaChange, quotaValues } from './quota-values';

const LONGEST_NAME = 100;

/** Name, role and quota of somebody. */
@Component({
  selector: 'dbm-user-form',
  imports: [FormField, MatButtonModule, MatFormFieldModule, MatInputModule, ProblemNote, QuotaFields],
  template: `
    <form class="dbm-card" (submit)="save(); $event.preventDefault()" novalidate>
      <h2 i18n>Name, role and quota</h2>
      <div class="fields">
        <mat-form-field>
          <mat-label i18n>Name</mat-label>
          <input matInput [formField]="fields.displayName" autocomplete="off">
          @if (fields.displayName().errors()[0]; as error) { <mat-error>{{ error.message }}</mat-error> }
        </mat-form-field>
        <mat-form-field subscriptSizing="dynamic">
          <mat-label i18n>Role</mat-label>
          <select matNativeControl [formField]="fields.role">
            <option value="user" i18n>User: databases of their own</option>
            <option value="admin" i18n>Admin: sees and changes what belongs to everybody</option>
          </select>
          @if (isOneself()) { <mat-hint i18n>Nobody takes the role of admin from themselves, so that one is always left.</mat-hint> }
          @else if (!issuer.hasPasswords()) { <mat-hint i18n>Name and role may follow {{ issuer.host() }} at the next sign-in.</mat-hint> }
        </mat-form-field>
      </div>
      <dbm-quota-fields [fields]="fields.quota" />
      <p class="dbm-quiet" i18n>A quota below what is in use removes nothing, but allows nothing more.</p>
      @if (problem(); as problem) { <dbm-problem [problem]="problem" /> }
      <div class="dbm-row">
        <button matButton="filled" type="submit" [disabled]="change() === null || tries.busy()" i18n>Save</button>
        <span role="status" class="dbm-quiet">@if (isSaved() && change() === null) { <ng-container i18n>Saved</ng-container> }</span>
      </div>
    </form>
  `,
  styles: '.fields { display: grid; gap: 0 12px; align-items: start; grid-template-columns: repeat(auto-fit, minmax(min(16rem, 100%), 1fr)); }',
})
export class UserForm {
  readonly #client = inject(Api).client;
  protected readonly issuer = inject(Issuer);
  readonly person = input.required<Person>();
  readonly isOneself = input(false);
  readonly changed = output<Partial<Person>>();
  /** As it is; what is typed is begun anew only where it has changed. */
  readonly #was = computed(() => {
    const { displayName, role, quota } = this.person();
    return { displayName, role, quota: quotaValues(quota) };
  }, { equal: (a, b) => JSON.stringify(a) === JSON.stringify(b) });
  readonly #values = linkedSignal(() => this.#was());
  protected readonly fields = form(this.#values, (path) => {
    validate(path.displayName, ({ value }) => {
      const problem = displayTextProblem(value(), LONGEST_NAME);
      return problem === null ? null : { kind: 'displayName', message: $localize`The name ${problem}:problem:.` };
    });
    disabled(path.role, { when: () => this.isOneself() });
    apply(path.quota, quotaRules(false));
  });
  protected readonly isSaved = signal(false);
  protected readonly tries = attempt();
  protected readonly problem = computed(() => inWordsOfFields(this.tries.problem(), USER_FIELDS));
  /** Only what differs; null: nothing. */
  protected readonly change = computed(() => {
    const [was, now] = [this.#was(), this.#values()];
    const quota = quotaChange(was.quota, now.quota);
    const change = {
      ...(now.displayName === was.displayName ? {} : { displayName: now.displayName }),
      ...(now.role === was.role ? {} : { role: now.role }),
      ...(Object.keys(quota).length === 0 ? {} : { quota }),
    };
    return Object.keys(change).length === 0 ? null : change;
  });

  protected async save(): Promise<void> {
    const body = this.change();
    if (body === null) return;
    this.isSaved.set(false);
    await submit(this.fields, async () => {
      const saved = await this.tries.run(async () => this.changed.emit(await answered(this.#client.PATCH('/api/users/{id}', { params: { path: { id: this.person().id } }, body }))));
      this.isSaved.set(saved);
    });
  }
}
