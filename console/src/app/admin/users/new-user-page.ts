import { Component, computed, inject, signal } from '@angular/core';
import { apply, form, FormField, submit, validate } from '@angular/forms/signals';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { RouterLink } from '@angular/router';
import { Api, answered } from '../../api/api';
import { displayTextProblem, emailProblem, usernameProblem } from '../../api/generated/names';
import { attempt } from '../../ui/attempt';
import { inWordsOfFields } from '../../ui/field-problem';
import { ProblemNote } from '../../ui/problem';
import { SecretOnce } from '../../ui/secret-once';
import { Issuer } from './issuer';
import { USER_FIELDS } from './person-words';
import { QuotaFields } from './quota-fields';
import { quotaRules } from './quota-rules';
import { quotaChange, USUAL_QUOTA } from './quota-values';
import type { QuotaValues } from './quota-values';

const LONGEST_NAME = 100;

interface NewUser {
  readonly username: string;
  readonly displayName: string;
  readonly email: string;
  readonly role: 'user' | 'admin';
  readonly quota: QuotaValues;
}

/** Adds somebody, and shows the one-time password that they sign in with first. */
@Component({
  selector: 'dbm-new-user-page',
  imports: [FormField, MatButtonModule, MatFormFieldModule, MatInputModule, ProblemNote, QuotaFields, RouterLink, SecretOnce],
  templateUrl: './new-user-page.html',
  styleUrl: './new-user-page.scss',
})
export class NewUserPage {
  readonly #client = inject(Api).client;
  protected readonly issuer = inject(Issuer);
  readonly #values = signal<NewUser>({ username: '', displayName: '', email: '', role: 'user', quota: USUAL_QUOTA });
  protected readonly user = form(this.#values, (path) => {
    validate(path.username, ({ value }) => said('username', value() === '' ? $localize`is needed` : usernameProblem(value())));
    validate(path.displayName, ({ value }) => said('displayName', value() === '' ? null : displayTextProblem(value(), LONGEST_NAME)));
    validate(path.email, ({ value }) => said('email', value() === '' ? null : emailProblem(value())));
    apply(path.quota, quotaRules(true));
  });
  protected readonly tries = attempt();
  protected readonly problem = computed(() => inWordsOfFields(this.tries.problem(), USER_FIELDS));
  /** null: nobody was added yet. */
  protected readonly added = signal<{ readonly id: string; readonly username: string } | null>(null);
  /** null: there is none, or it could not be made. */
  protected readonly password = signal<string | null>(null);

  protected async add(): Promise<void> {
    await submit(this.user, async () => {
      await this.tries.run(async () => {
        const { username, displayName, email, role, quota } = this.#values();
        const asked = quotaChange(USUAL_QUOTA, quota);
        const { id } = await answered(this.#client.POST('/api/users', {
          body: { username, ...(displayName === '' ? {} : { displayName }), ...(email === '' ? {} : { email }), role, ...(Object.keys(asked).length === 0 ? {} : { quota: asked }) },
        }));
        this.added.set({ id, username });
        if (this.issuer.hasPasswords()) this.password.set((await answered(this.#client.POST('/api/users/{id}/password', { params: { path: { id } }, body: {} }))).password);
      });
    });
  }
}

function said(kind: 'username' | 'displayName' | 'email', problem: string | null): { kind: string; message: string } | null {
  return problem === null ? null : { kind, message: $localize`${USER_FIELDS[`/${kind}`]}:field: ${problem}:problem:.` };
}
