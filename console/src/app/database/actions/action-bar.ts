import { Component, computed, inject, input } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { MatMenuModule } from '@angular/material/menu';
import { Router } from '@angular/router';
import { firstValueFrom } from 'rxjs';
import { isShared, mayManage } from '../../api/rights';
import type { Database } from '../../api/types';
import { Session } from '../../sign-in/session';
import { attempt } from '../../ui/attempt';
import { confirmed } from '../../ui/confirm-dialog';
import { Icon } from '../../ui/icon';
import type { IconName } from '../../ui/icons';
import { ProblemNote } from '../../ui/problem';
import { Actions, actionsFor } from './actions';
import type { Action } from './actions';
import { DeleteDialog } from './delete-dialog';
import type { DeleteDecision } from './delete-dialog';
import { RotateDialog } from './rotate-dialog';

const LOOKS: Readonly<Record<Action, { readonly icon: IconName; readonly text: string }>> = {
  start: { icon: 'play', text: $localize`Start` },
  stop: { icon: 'stop', text: $localize`Stop` },
  sleep: { icon: 'sleep', text: $localize`Put to sleep` },
  restart: { icon: 'restart', text: $localize`Restart` },
  'rotate-password': { icon: 'key', text: $localize`New password …` },
};

@Component({
  selector: 'dbm-action-bar',
  imports: [Icon, MatButtonModule, MatMenuModule, ProblemNote],
  template: `
    @if (database().status !== 'deleting') {
      @if (offered()[0]; as first) {
        <button matButton="outlined" type="button" [disabled]="acting.busy()" (click)="run(first)"><span class="dbm-label"><dbm-icon [name]="looks[first].icon" />{{ looks[first].text }}</span></button>
      }
      @if (canLeave() && offered().length === 0) {
        <button matButton="outlined" type="button" [disabled]="acting.busy()" (click)="leave()"><span class="dbm-label"><dbm-icon name="leave" /><ng-container i18n>Leave …</ng-container></span></button>
      } @else {
      <button matIconButton type="button" [matMenuTriggerFor]="menu" aria-label="More actions" i18n-aria-label><dbm-icon name="more" /></button>
      <mat-menu #menu="matMenu">
        @for (action of offered().slice(1); track action) {
          <button mat-menu-item type="button" (click)="run(action)"><span class="dbm-label"><dbm-icon [name]="looks[action].icon" />{{ looks[action].text }}</span></button>
        }
        @if (canLeave()) { <button mat-menu-item type="button" (click)="leave()"><span class="dbm-label"><dbm-icon name="leave" /><ng-container i18n>Leave …</ng-container></span></button> }
        @if (canDelete()) { <button class="dbm-danger" mat-menu-item type="button" (click)="delete()"><span class="dbm-label"><dbm-icon name="delete" /><ng-container i18n>Delete …</ng-container></span></button> }
      </mat-menu>
      }
    }
    @if (acting.problem(); as problem) { <dbm-problem [problem]="problem" /> }
  `,
  styles: ':host { display: flex; flex-wrap: wrap; gap: 4px; align-items: center; } dbm-problem { flex-basis: 100%; }',
})
export class ActionBar {
  readonly #actions = inject(Actions);
  readonly #dialog = inject(MatDialog);
  readonly #router = inject(Router);
  readonly #username = inject(Session).profile()?.username ?? '';
  readonly database = input.required<Database>();
  protected readonly looks = LOOKS;
  protected readonly acting = attempt();
  protected readonly offered = computed(() => actionsFor(this.database()));
  protected readonly canDelete = computed(() => mayManage(this.database().access));
  protected readonly canLeave = computed(() => isShared(this.database().access));

  protected async run(action: Action): Promise<void> {
    if (action === 'rotate-password' && !(await this.#ask<RotateDialog, boolean>(RotateDialog))) return;
    await this.acting.run(() => this.#actions.run(action, this.database().id));
  }

  protected async delete(): Promise<void> {
    const decision = await this.#ask<DeleteDialog, DeleteDecision>(DeleteDialog);
    if (decision !== undefined) await this.acting.run(() => this.#actions.delete(this.database().id, decision.backup));
  }

  protected async leave(): Promise<void> {
    const { id, name, owner } = this.database();
    const question = { title: $localize`Leave ${name}:name:?`, text: $localize`You will not see it any more. ${owner}:owner: can share it with you again.`, action: $localize`Leave it` };
    if (!(await confirmed(this.#dialog, question))) return;
    if (await this.acting.run(() => this.#actions.leave(id, this.#username))) await this.#router.navigateByUrl('/');
  }

  async #ask<D, R>(dialog: new () => D): Promise<R | undefined> {
    return firstValueFrom(this.#dialog.open<D, Database, R>(dialog, { data: this.database() }).afterClosed());
  }
}
