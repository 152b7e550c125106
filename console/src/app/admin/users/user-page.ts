import { DatePipe } from '@angular/common';
import { Component, computed, inject, input, linkedSignal, resource, viewChild } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { RouterLink } from '@angular/router';
import { firstValueFrom } from 'rxjs';
import { Api, answered } from '../../api/api';
import { toApiError } from '../../api/api-error';
import type { Person } from '../../api/types';
import { Session } from '../../sign-in/session';
import { AmountBar } from '../../ui/amount-bar';
import { attempt } from '../../ui/attempt';
import { confirmed } from '../../ui/confirm-dialog';
import { Icon } from '../../ui/icon';
import { LooksBadge } from '../../ui/looks-badge';
import { ProblemNote } from '../../ui/problem';
import { SecretOnce } from '../../ui/secret-once';
import { TimeFromNowPipe } from '../../ui/time-from-now';
import { usageAmounts } from '../../ui/usage';
import { Issuer } from './issuer';
import { personLooks } from './person-words';
import { ResetDialog } from './reset-dialog';
import type { ResetDecision } from './reset-dialog';
import { UserForm } from './user-form';
import { UserTokens } from './user-tokens';

/** One person: what they have in use, what they may have, and whether and by what they come in. */
@Component({
  selector: 'dbm-user-page',
  imports: [AmountBar, DatePipe, Icon, LooksBadge, MatButtonModule, MatProgressBarModule, ProblemNote, RouterLink, SecretOnce, TimeFromNowPipe, UserForm, UserTokens],
  templateUrl: './user-page.html',
  styleUrl: './user-page.scss',
})
export class UserPage {
  readonly #client = inject(Api).client;
  readonly #dialog = inject(MatDialog);
  readonly #profile = inject(Session).profile;
  protected readonly issuer = inject(Issuer);
  private readonly tokens = viewChild(UserTokens);
  /** Of the address. */
  readonly id = input.required<string>();
  readonly #fetched = resource({ params: () => this.id(), loader: async ({ params: id }) => answered(this.#client.GET('/api/users/{id}', { params: { path: { id } } })) });
  protected readonly person = linkedSignal<Person | null>(() => (this.#fetched.hasValue() ? this.#fetched.value() : null));
  protected readonly failedToLoad = computed(() => { const error = this.#fetched.error(); return error === undefined ? null : toApiError(error); });
  protected readonly isOneself = computed(() => this.id() === this.#profile()?.id);
  protected readonly looks = computed(() => { const person = this.person(); return person === null ? null : personLooks(person); });
  protected readonly amounts = computed(() => { const person = this.person(); return person === null ? [] : usageAmounts(person.usage, person.quota); });
  protected readonly password = linkedSignal<string, string | null>({ source: this.id, computation: () => null });
  protected readonly tries = attempt();

  protected async reset(person: Person): Promise<void> {
    const decision = await firstValueFrom(this.#dialog.open<ResetDialog, Person, ResetDecision>(ResetDialog, { data: person }).afterClosed());
    if (decision === undefined) return;
    this.password.set(null);
    await this.tries.run(async () => {
      const body = decision.revoke ? { revokeTokens: true } : {};
      this.password.set((await answered(this.#client.POST('/api/users/{id}/password', { params: { path: { id: person.id } }, body }))).password);
    });
    this.tokens()?.reload();
  }

  protected async disable({ id, username }: Person): Promise<void> {
    const sure = await confirmed(this.#dialog, {
      title: $localize`Disable ${username}:user:?`,
      text: $localize`All sign-ins of ${username}:user: end at once, and API tokens are refused. The databases go on, for whoever has their connection strings. You can enable the account again at any time.`,
      action: $localize`Disable account`, danger: true,
    });
    if (sure) await this.#setDisabled(id, true);
  }

  protected async enable({ id, username }: Person): Promise<void> {
    const sure = await confirmed(this.#dialog, {
      title: $localize`Enable ${username}:user: again?`, text: $localize`${username}:user: can sign in as before, and API tokens that are still there work again.`, action: $localize`Enable account`,
    });
    if (sure) await this.#setDisabled(id, false);
  }

  protected update(changed: Partial<Person>): void {
    this.person.update((person) => (person === null ? null : { ...person, ...changed }));
  }

  async #setDisabled(id: string, disabled: boolean): Promise<void> {
    await this.tries.run(async () => {
      this.update(await answered(this.#client.PATCH('/api/users/{id}', { params: { path: { id } }, body: { disabled } })));
    });
    this.tokens()?.reload();
  }
}
