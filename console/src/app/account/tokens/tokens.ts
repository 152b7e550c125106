import { DatePipe } from '@angular/common';
import { afterNextRender, Component, computed, ElementRef, inject, Injector, resource, signal, viewChild } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { Api, answered } from '../../api/api';
import { toApiError } from '../../api/api-error';
import type { NewToken, Token } from '../../api/types';
import { PageHeading } from '../../shell/page-heading';
import { attempt } from '../../ui/attempt';
import { confirmed } from '../../ui/confirm-dialog';
import { Icon } from '../../ui/icon';
import { ProblemNote } from '../../ui/problem';
import { SecretOnce } from '../../ui/secret-once';
import { TimeFromNowPipe } from '../../ui/time-from-now';
import { NewTokenForm } from './new-token-form';
import { scopeText } from './scopes';

/** API tokens of whoever is signed in: what programs show. */
@Component({
  selector: 'dbm-tokens',
  imports: [DatePipe, Icon, MatButtonModule, NewTokenForm, PageHeading, ProblemNote, SecretOnce, TimeFromNowPipe],
  templateUrl: './tokens.html',
  styleUrl: './tokens.scss',
})
export class Tokens {
  readonly #client = inject(Api).client;
  readonly #dialog = inject(MatDialog);
  readonly #injector = inject(Injector);
  private readonly secretNote = viewChild<unknown, ElementRef<HTMLElement>>('secret', { read: ElementRef });
  /** Without those of browsers: they end with their sign-ins. */
  protected readonly tokens = resource({ loader: async () => (await answered(this.#client.GET('/api/tokens'))).items.filter(({ kind }) => kind === 'program') });
  /** That was just made, with its secret: this once. */
  protected readonly made = signal<NewToken | null>(null);
  protected readonly revoking = attempt();
  protected readonly problem = computed(() => {
    const error = this.tokens.error();
    return this.revoking.problem() ?? (error === undefined ? null : toApiError(error));
  });
  protected readonly scopeText = scopeText;

  protected revokeLabel({ name }: Token): string {
    return $localize`Revoke ${name}:name:`;
  }

  protected madeTitle({ name }: NewToken): string {
    return $localize`Token ${name}:name: created`;
  }

  protected show(made: NewToken): void {
    this.made.set(made);
    this.tokens.reload();
    afterNextRender(() => this.secretNote()?.nativeElement.focus(), { injector: this.#injector });
  }

  protected isOver({ expiresAt }: Token): boolean {
    return expiresAt !== null && Date.parse(expiresAt) <= Date.now();
  }

  protected async revoke({ id, name }: Token): Promise<void> {
    const question = {
      title: $localize`Revoke ${name}:name:?`, text: $localize`Whatever uses it is refused from then on, and who signed in with it is signed out.`, action: $localize`Revoke token`, danger: true,
    };
    if (!(await confirmed(this.#dialog, question))) return;
    const worked = await this.revoking.run(async () => answered(this.#client.DELETE('/api/tokens/{id}', { params: { path: { id } } })));
    if (!worked) return;
    if (this.made()?.id === id) this.made.set(null);
    this.tokens.reload();
  }
}
