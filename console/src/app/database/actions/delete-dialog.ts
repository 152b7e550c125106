import { Component, computed, inject, signal } from '@angular/core';
import { form, FormField } from '@angular/forms/signals';
import { MatButtonModule } from '@angular/material/button';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import type { Database } from '../../api/types';

export interface DeleteDecision {
  /** Whether one is made before. */
  readonly backup: boolean;
}

/** Says what happens to the data; nothing is deleted by one click too many. */
@Component({
  selector: 'dbm-delete-dialog',
  imports: [FormField, MatButtonModule, MatDialogModule, MatFormFieldModule, MatInputModule],
  template: `
    <h2 mat-dialog-title i18n>Delete {{ database.name }}?</h2>
    <mat-dialog-content>
      <form id="delete" (submit)="confirm(); $event.preventDefault()">
        <p i18n>The database and its data are deleted. Its address closes, and open connections end.</p>
        <label class="choice"><input type="checkbox" [formField]="answer.backup"> <span i18n>Make a final backup first. It is kept for some days and can be restored under Backups.</span></label>
        @if (!answer.backup().value()) { <p class="warn" role="status" i18n>Without it, nobody can bring the data back.</p> }
        <mat-form-field>
          <mat-label i18n>Type the name to confirm</mat-label>
          <input matInput [formField]="answer.name" autocomplete="off" autocapitalize="none" spellcheck="false">
          <mat-hint>{{ database.name }}</mat-hint>
        </mat-form-field>
      </form>
    </mat-dialog-content>
    <mat-dialog-actions>
      <button matButton type="button" mat-dialog-close i18n>Cancel</button>
      <button class="dbm-danger" matButton="filled" type="submit" form="delete" [disabled]="!isConfirmed()" i18n>Delete database</button>
    </mat-dialog-actions>
  `,
  styles: `
    form { display: grid; gap: 16px; }
    .choice { display: flex; gap: 8px; align-items: flex-start; }
    .warn { color: var(--dbm-warn); }
  `,
})
export class DeleteDialog {
  readonly #dialog = inject<MatDialogRef<DeleteDialog, DeleteDecision>>(MatDialogRef);
  protected readonly database = inject<Database>(MAT_DIALOG_DATA);
  protected readonly answer = form(signal({ name: '', backup: true }));
  protected readonly isConfirmed = computed(() => this.answer.name().value() === this.database.name);

  protected confirm(): void {
    if (this.isConfirmed()) this.#dialog.close({ backup: this.answer.backup().value() });
  }
}
