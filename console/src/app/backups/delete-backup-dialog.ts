import { Component, inject } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MAT_DIALOG_DATA, MatDialogModule } from '@angular/material/dialog';
import type { Backup } from '../api/types';

@Component({
  selector: 'dbm-delete-backup-dialog',
  imports: [MatButtonModule, MatDialogModule],
  template: `
    <h2 mat-dialog-title i18n>Delete the backup of {{ backup.name }}?</h2>
    <mat-dialog-content><p i18n>What is in it cannot be brought back then.</p></mat-dialog-content>
    <mat-dialog-actions>
      <button matButton type="button" [mat-dialog-close]="false" i18n>Cancel</button>
      <button matButton="filled" type="button" [mat-dialog-close]="true" i18n>Delete the backup</button>
    </mat-dialog-actions>
  `,
})
export class DeleteBackupDialog {
  protected readonly backup = inject<Backup>(MAT_DIALOG_DATA);
}
