import { Component, inject, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import type { Person } from '../../api/types';

export interface ResetDecision {
  /** Whether their API tokens go, too. */
  readonly revoke: boolean;
}

/** Before somebody's password is made invalid. */
@Component({
  selector: 'dbm-reset-dialog',
  imports: [MatButtonModule, MatDialogModule],
  template: `
    <h2 mat-dialog-title i18n>Give {{ person.username }} a one-time password?</h2>
    <mat-dialog-content>
      <p i18n>The password of now is worth nothing any more, and all sign-ins of {{ person.username }} end. The new one is shown once, is good for one sign-in, and has to be changed then.</p>
      <label><input type="checkbox" [checked]="revoke()" (change)="revoke.set(!revoke())"> <span i18n>Revoke their API tokens too. Programs that use them stop working.</span></label>
    </mat-dialog-content>
    <mat-dialog-actions>
      <button matButton type="button" mat-dialog-close i18n>Cancel</button>
      <button matButton="filled" type="button" (click)="decide()" i18n>Make a one-time password</button>
    </mat-dialog-actions>
  `,
  styles: 'label { display: flex; gap: 8px; align-items: baseline; margin-top: 12px; }',
})
export class ResetDialog {
  protected readonly person = inject<Pick<Person, 'username'>>(MAT_DIALOG_DATA);
  readonly #dialog = inject<MatDialogRef<ResetDialog, ResetDecision>>(MatDialogRef);
  protected readonly revoke = signal(false);

  protected decide(): void {
    this.#dialog.close({ revoke: this.revoke() });
  }
}
