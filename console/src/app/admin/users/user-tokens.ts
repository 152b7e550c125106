import { DatePipe } from '@angular/common';
import { Component, computed, inject, input, resource } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { Api, answered } from '../../api/api';
import { problemOf, toApiError } from '../../api/api-error';
import type { Person, Token } from '../../api/types';
import { attempt } from '../../ui/attempt';
import { confirmed } from '../../ui/confirm-dialog';
import { Icon } from '../../ui/icon';
import { ProblemNote } from '../../ui/problem';
import { TimeFromNowPipe } from '../../ui/time-from-now';

const NOT_FOUND = 404;

/** With what programs of somebody come in, and how to end that. */
@Component({
  selector: 'dbm-user-tokens',
  imports: [DatePipe, Icon, MatButtonModule, ProblemNote, TimeFromNowPipe],
  template: `
    <section class="dbm-card" aria-labelledby="tokens-title">
      <h2 id="tokens-title" i18n>API tokens and browser sessions</h2>
      @if (failedToLoad() ?? tries.problem(); as problem) { <dbm-problem [problem]="problem" /> }
      @if (tokens.hasValue()) {
        <ul>
          @for (token of tokens.value(); track token.id) {
            <li>
              <dbm-icon name="key" />
              <span class="what">
                <strong>{{ token.name }}</strong>
                <span class="dbm-quiet">
                  {{ token.scopes.join(', ') }} ·
                  @if (token.lastUsedAt; as at) { <ng-container i18n>used {{ at | timeFromNow }}</ng-container> } @else { <ng-container i18n>never used</ng-container> } ·
                  @if (token.expiresAt; as at) { <ng-container i18n>until {{ at | date: 'd MMM y, HH:mm' }}</ng-container> } @else { <ng-container i18n>does not expire</ng-container> }
                </span>
              </span>
              <button matButton type="button" [disabled]="tries.busy()" [attr.aria-label]="revokeLabel(token)" (click)="revoke(token)" i18n>Revoke</button>
            </li>
          } @empty {
            <li><p class="dbm-quiet" i18n>None yet.</p></li>
          }
        </ul>
      }
    </section>
  `,
  styles: `
    ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 8px; }
    li { display: flex; gap: 10px; align-items: center; }
    .what { display: grid; min-width: 0; flex: 1; overflow-wrap: anywhere; }
    dbm-icon { color: var(--mat-sys-on-surface-variant); }
  `,
})
export class UserTokens {
  readonly #client = inject(Api).client;
  readonly #dialog = inject(MatDialog);
  readonly person = input.required<Pick<Person, 'id' | 'username'>>();
  readonly #id = computed(() => this.person().id);
  protected readonly tokens = resource({ params: () => this.#id(), loader: async ({ params: id }) => (await answered(this.#client.GET('/api/users/{id}/tokens', { params: { path: { id } } }))).items });
  protected readonly failedToLoad = computed(() => { const error = this.tokens.error(); return error === undefined ? null : toApiError(error); });
  protected readonly tries = attempt();

  /** What else was done may have ended some. */
  reload(): void {
    this.tokens.reload();
  }

  protected async revoke(token: Token): Promise<void> {
    const sure = await confirmed(this.#dialog, {
      title: $localize`Revoke the token “${token.name}:name:” of ${this.person().username}:user:?`,
      text: $localize`Programs that use it are refused from now on. It cannot be brought back.`,
      action: $localize`Revoke token`, danger: true,
    });
    if (!sure) return;
    await this.tries.run(async () => {
      const { response, error } = await this.#client.DELETE('/api/users/{id}/tokens/{tokenId}', { params: { path: { id: this.#id(), tokenId: token.id } } });
      if (!response.ok && response.status !== NOT_FOUND) throw problemOf(error, response.status); // gone by itself meanwhile: as it should be
    });
    this.reload();
  }

  protected revokeLabel({ name }: Token): string {
    return $localize`Revoke ${name}:name:`;
  }
}
