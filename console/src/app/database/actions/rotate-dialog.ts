import { Component, inject } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MAT_DIALOG_DATA, MatDialogModule } from '@angular/material/dialog';
import type { Database } from '../../api/types';

@Component({
  selector: 'dbm-rotate-dialog',
  imports: [MatButtonModule, MatDialogModule],
  template: `
    <h2 mat-dialog-title i18n>A new password for {{ database.name }}?</h2>
    <mat-dialog-content>
      <p i18n>The old one stops working as soon as the new one works. Open connections stay; new ones need the new password.</p>
    </mat-dialog-content>
    <mat-dialog-actions>
      <button matButton type="button" [mat-dialog-close]="false" i18n>Cancel</button>
      <button matButton="filled" type="button" [mat-dialog-close]="true" i18n>Change password</button>
    </mat-dialog-actions>
  `,
})
export class RotateDialog {
  protected readonly database = inject<Database>(MAT_DIALOG_DATA);
}
