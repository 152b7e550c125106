import { Component, inject, signal } from '@angular/core';
import { form, FormField, validate } from '@angular/forms/signals';
import { MatButtonModule } from '@angular/material/button';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { instanceNameProblem } from '../api/generated/names';

export interface Restoration {
  /** Of the backup. */
  readonly of: string;
  /** That it can have now. */
  readonly name: string;
}

/** Under which name it comes back: its own may be taken by now. */
@Component({
  selector: 'dbm-restore-dialog',
  imports: [FormField, MatButtonModule, MatDialogModule, MatFormFieldModule, MatInputModule],
  template: `
    <h2 mat-dialog-title i18n>Restore {{ data.of }}</h2>
    <mat-dialog-content>
      <form id="restore" (submit)="restore(); $event.preventDefault()" novalidate>
        <p i18n>Makes a new database from the backup, with a new address and a new password. The backup stays.</p>
        <mat-form-field>
          <mat-label i18n>Name</mat-label>
          <input matInput [formField]="values.name" autocomplete="off" autocapitalize="none" spellcheck="false">
          @if (values.name().errors()[0]; as error) { <mat-error>{{ error.message }}</mat-error> }
        </mat-form-field>
      </form>
    </mat-dialog-content>
    <mat-dialog-actions>
      <button matButton type="button" mat-dialog-close i18n>Cancel</button>
      <button matButton="filled" type="submit" form="restore" i18n>Restore database</button>
    </mat-dialog-actions>
  `,
  styles: 'form { display: grid; gap: 16px; }',
})
export class RestoreDialog {
  readonly #dialog = inject<MatDialogRef<RestoreDialog, string>>(MatDialogRef);
  protected readonly data = inject<Restoration>(MAT_DIALOG_DATA);
  protected readonly values = form(signal({ name: this.data.name }), (path) => {
    validate(path.name, ({ value }) => {
      const problem = instanceNameProblem(value());
      return problem === null ? null : { kind: 'name', message: $localize`The name ${problem}:problem:.` };
    });
  });

  protected restore(): void {
    this.values().markAsTouched();
    if (this.values().valid()) this.#dialog.close(this.values.name().value());
  }
}
