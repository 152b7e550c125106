import { DatePipe } from '@angular/common';
import { Component, computed, inject, resource, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { Router } from '@angular/router';
import { firstValueFrom } from 'rxjs';
import { Api, answered } from '../api/api';
import { toApiError } from '../api/api-error';
import type { ApiError } from '../api/api-error';
import type { Backup } from '../api/types';
import { BytesPipe } from '../ui/bytes';
import { Icon } from '../ui/icon';
import { iconOfType } from '../ui/icons';
import { ProblemNote } from '../ui/problem';
import { DeleteBackupDialog } from './delete-backup-dialog';

/** Final backups of databases that are gone, and the way back. */
@Component({
  selector: 'dbm-backup-list',
  imports: [BytesPipe, DatePipe, Icon, MatButtonModule, MatProgressBarModule, ProblemNote],
  templateUrl: './backup-list.html',
  styleUrl: './backup-list.scss',
})
export class BackupList {
  readonly #client = inject(Api).client;
  readonly #router = inject(Router);
  readonly #dialog = inject(MatDialog);
  protected readonly backups = resource({ loader: async () => (await answered(this.#client.GET('/api/backups', { params: { query: { limit: 200 } } }))).items });
  protected readonly problem = signal<ApiError | null>(null);
  protected readonly failedToLoad = computed(() => { const error = this.backups.error(); return error === undefined ? null : toApiError(error); });
  protected readonly iconOf = iconOfType;

  protected deleteLabel({ name }: Backup): string {
    return $localize`Delete the backup of ${name}:name:`;
  }

  protected async restore({ id }: Backup): Promise<void> {
    await this.#try(async () => {
      const made = await answered(this.#client.POST('/api/backups/{id}/restore', { params: { path: { id } }, body: {} }));
      await this.#router.navigate(['/databases', made.id]);
    });
  }

  protected async delete(backup: Backup): Promise<void> {
    const confirmed = await firstValueFrom(this.#dialog.open<DeleteBackupDialog, Backup, boolean>(DeleteBackupDialog, { data: backup }).afterClosed());
    if (confirmed !== true) return;
    await this.#try(async () => {
      await answered(this.#client.DELETE('/api/backups/{id}', { params: { path: { id: backup.id } } }));
      this.backups.reload();
    });
  }

  async #try(act: () => Promise<void>): Promise<void> {
    this.problem.set(null);
    try {
      await act();
    } catch (error) {
      this.problem.set(toApiError(error));
    }
  }
}
