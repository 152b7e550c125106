import { Component, inject } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MAT_DIALOG_DATA, MatDialogModule } from '@angular/material/dialog';
import type { MatDialog } from '@angular/material/dialog';
import { firstValueFrom } from 'rxjs';

/** What is asked before something that cannot be taken back. */
export interface Question {
  readonly title: string;
  /** What happens then. */
  readonly text: string;
  /** What the button says. */
  readonly action: string;
  /** Something is lost by it for good: the button says so by its colour, too. */
  readonly danger?: boolean;
}

@Component({
  selector: 'dbm-confirm-dialog',
  imports: [MatButtonModule, MatDialogModule],
  template: `
    <h2 mat-dialog-title>{{ question.title }}</h2>
    <mat-dialog-content><p>{{ question.text }}</p></mat-dialog-content>
    <mat-dialog-actions>
      <button matButton type="button" [mat-dialog-close]="false" i18n>Cancel</button>
      <button matButton="filled" type="button" [class.dbm-danger]="question.danger" [mat-dialog-close]="true">{{ question.action }}</button>
    </mat-dialog-actions>
  `,
})
export class ConfirmDialog {
  protected readonly question = inject<Question>(MAT_DIALOG_DATA);
}

/** @returns whether they really want it */
export async function confirmed(dialog: MatDialog, question: Question): Promise<boolean> {
  return (await firstValueFrom(dialog.open<ConfirmDialog, Question, boolean>(ConfirmDialog, { data: question }).afterClosed())) === true;
}
