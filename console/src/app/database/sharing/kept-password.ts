import { Component, computed, inject, input, output, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { firstValueFrom } from 'rxjs';
import type { Database, Share } from '../../api/types';
import { attempt } from '../../ui/attempt';
import { Icon } from '../../ui/icon';
import { ProblemNote } from '../../ui/problem';
import { Actions, actionsFor } from '../actions/actions';
import { RotateDialog } from '../actions/rotate-dialog';

/** What is known of a password does not go with the access: whoever may is offered a new one. */
@Component({
  selector: 'dbm-kept-password',
  imports: [Icon, MatButtonModule, ProblemNote],
  template: `
    @if (canBeChanged() && before().length > 0) {
      <div class="note">
        <dbm-icon name="key" />
        <p>
          @if (seenBy(); as names) { <ng-container i18n>{{ names }} may have kept the password, which is still good.</ng-container> }
          @else { <ng-container i18n>If {{ all() }} had the password before, it may have been kept, and is still good.</ng-container> }
          @if (!canBeChangedNow()) { &ngsp;<ng-container i18n>It can be changed while the database runs.</ng-container> }
        </p>
        @if (canBeChangedNow()) { <button matButton="outlined" type="button" [disabled]="rotating.busy()" (click)="rotate()" i18n>New password …</button> }
      </div>
      @if (rotating.problem(); as problem) { <dbm-problem [problem]="problem" /> }
    }
    <p class="dbm-quiet" role="status">@if (isAsked() && before().length === 0) { <ng-container i18n>It gets a new password; the old one ends with that.</ng-container> }</p>
  `,
  styles: `
    :host { display: contents; }
    :host > p:empty { position: absolute; }
    .note { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center; padding: 8px 12px; border-radius: 8px; background: var(--mat-sys-surface-container-highest); }
    p { flex: 1 1 14rem; }
    dbm-icon { color: var(--dbm-warn); }
  `,
})
export class KeptPassword {
  readonly #actions = inject(Actions);
  readonly #dialog = inject(MatDialog);
  readonly database = input.required<Database>();
  /** What those could do from whom something was taken; none: there is nothing to be told. */
  readonly before = input.required<readonly Share[]>();
  /** There will be a new one. */
  readonly rotated = output();
  protected readonly rotating = attempt();
  protected readonly isAsked = signal(false);
  protected readonly seenBy = computed(() => namesOf(this.before().filter(({ access }) => access === 'operator')));
  protected readonly all = computed(() => namesOf(this.before()));
  protected readonly canBeChanged = computed(() => this.database().engine !== 'generic');
  protected readonly canBeChangedNow = computed(() => actionsFor(this.database()).includes('rotate-password'));

  protected async rotate(): Promise<void> {
    const wanted = await firstValueFrom(this.#dialog.open<RotateDialog, Database, boolean>(RotateDialog, { data: this.database() }).afterClosed());
    if (wanted !== true) return;
    if (await this.rotating.run(() => this.#actions.run('rotate-password', this.database().id))) {
      this.isAsked.set(true);
      this.rotated.emit();
    }
  }
}

/** null: nobody's. */
function namesOf(shares: readonly Share[]): string | null {
  return shares.length === 0 ? null : shares.map(({ displayName }) => displayName).join(', ');
}

/** `before`: what somebody could do, `access`: what they still can. Whoever was an operator in between counts as one; whoever is one loses nothing. */
export function withLost(lost: readonly Share[], before: Share, access?: Share['access']): readonly Share[] {
  const [others, known] = [lost.filter(({ username }) => username !== before.username), lost.find(({ username }) => username === before.username)];
  return access === 'operator' ? others : [...others, known?.access === 'operator' ? known : before];
}
