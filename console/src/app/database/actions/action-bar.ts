import { Component, computed, inject, input, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { MatMenuModule } from '@angular/material/menu';
import { firstValueFrom } from 'rxjs';
import { toApiError } from '../../api/api-error';
import type { ApiError } from '../../api/api-error';
import type { Database } from '../../api/types';
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
        <button matButton="outlined" type="button" [disabled]="busy()" (click)="run(first)"><span class="dbm-label"><dbm-icon [name]="looks[first].icon" />{{ looks[first].text }}</span></button>
      }
      <button matIconButton type="button" [matMenuTriggerFor]="menu" aria-label="More actions" i18n-aria-label><dbm-icon name="more" /></button>
      <mat-menu #menu="matMenu">
        @for (action of offered().slice(1); track action) {
          <button mat-menu-item type="button" (click)="run(action)"><span class="dbm-label"><dbm-icon [name]="looks[action].icon" />{{ looks[action].text }}</span></button>
        }
        <button mat-menu-item type="button" (click)="delete()"><span class="dbm-label"><dbm-icon name="delete" /><ng-container i18n>Delete …</ng-container></span></button>
      </mat-menu>
    }
    @if (problem(); as problem) { <dbm-problem [problem]="problem" /> }
  `,
  styles: ':host { display: flex; flex-wrap: wrap; gap: 4px; align-items: center; } dbm-problem { flex-basis: 100%; }',
})
export class ActionBar {
  readonly #actions = inject(Actions);
  readonly #dialog = inject(MatDialog);
  readonly database = input.required<Database>();
  protected readonly looks = LOOKS;
  protected readonly busy = signal(false);
  protected readonly problem = signal<ApiError | null>(null);
  protected readonly offered = computed(() => actionsFor(this.database()));

  protected async run(action: Action): Promise<void> {
    if (action === 'rotate-password' && !(await this.#ask<RotateDialog, boolean>(RotateDialog))) return;
    await this.#try((id) => this.#actions.run(action, id));
  }

  protected async delete(): Promise<void> {
    const decision = await this.#ask<DeleteDialog, DeleteDecision>(DeleteDialog);
    if (decision !== undefined) await this.#try((id) => this.#actions.delete(id, decision.backup));
  }

  async #ask<D, R>(dialog: new () => D): Promise<R | undefined> {
    return firstValueFrom(this.#dialog.open<D, Database, R>(dialog, { data: this.database() }).afterClosed());
  }

  async #try(act: (id: string) => Promise<void>): Promise<void> {
    this.busy.set(true);
    this.problem.set(null);
    try {
      await act(this.database().id);
    } catch (error) {
      this.problem.set(toApiError(error));
    } finally {
      this.busy.set(false);
    }
  }
}
