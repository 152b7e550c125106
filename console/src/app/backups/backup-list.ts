import { DatePipe } from '@angular/common';
import { Component, computed, inject, resource } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { Router } from '@angular/router';
import { firstValueFrom } from 'rxjs';
import { Api, answered } from '../api/api';
import { toApiError } from '../api/api-error';
import { download } from '../api/download';
import type { Backup } from '../api/types';
import { suggestedName } from '../create/suggested-name';
import { LiveDatabases } from '../live/live-databases';
import { PageHeading } from '../shell/page-heading';
import { attempt } from '../ui/attempt';
import { BytesPipe } from '../ui/bytes';
import { confirmed } from '../ui/confirm-dialog';
import { Icon } from '../ui/icon';
import { iconOfType } from '../ui/icons';
import { ProblemNote } from '../ui/problem';
import { TimeFromNowPipe } from '../ui/time-from-now';
import { RestoreDialog } from './restore-dialog';
import type { Restoration } from './restore-dialog';

/** Final backups of databases that are gone, and the way back. */
@Component({
  selector: 'dbm-backup-list',
  imports: [BytesPipe, DatePipe, Icon, MatButtonModule, MatProgressBarModule, PageHeading, ProblemNote, TimeFromNowPipe],
  templateUrl: './backup-list.html',
  styleUrl: './backup-list.scss',
})
export class BackupList {
  readonly #client = inject(Api).client;
  readonly #router = inject(Router);
  readonly #dialog = inject(MatDialog);
  readonly #live = inject(LiveDatabases);
  protected readonly backups = resource({ loader: async () => (await answered(this.#client.GET('/api/backups', { params: { query: { limit: 200 } } }))).items });
  protected readonly acting = attempt();
  protected readonly problem = computed(() => {
    const error = this.backups.error();
    return this.acting.problem() ?? (error === undefined ? null : toApiError(error));
  });
  protected readonly iconOf = iconOfType;
  protected readonly labels = {
    restore: ({ name }: Backup): string => $localize`Restore ${name}:name:`,
    download: ({ name }: Backup): string => $localize`Download the backup of ${name}:name:`,
    delete: ({ name }: Backup): string => $localize`Delete the backup of ${name}:name:`,
  };

  protected async restore({ id, name: of, owner }: Backup): Promise<void> {
    const taken = this.#live.all().filter((database) => database.owner === owner).map(({ name }) => name);
    const name = await firstValueFrom(this.#dialog.open<RestoreDialog, Restoration, string>(RestoreDialog, { data: { of, name: suggestedName(of, taken) } }).afterClosed());
    if (name === undefined) return;
    await this.acting.run(async () => {
      const made = await answered(this.#client.POST('/api/backups/{id}/restore', { params: { path: { id } }, body: { name } }));
      await this.#router.navigate(['/databases', made.id]);
    });
  }

  /** Looked at first: what is wrong is told here, and not in a list of downloads. */
  protected async download({ id }: Backup): Promise<void> {
    await this.acting.run(async () => {
      await answered(this.#client.GET('/api/backups/{id}', { params: { path: { id } } }));
      download(`/api/backups/${encodeURIComponent(id)}/download`);
    });
  }

  protected async delete({ id, name }: Backup): Promise<void> {
    const question = {
      title: $localize`Delete the backup of ${name}:name:?`, text: $localize`Its data cannot be brought back.`, action: $localize`Delete backup`, danger: true,
    };
    if (!(await confirmed(this.#dialog, question))) return;
    if (await this.acting.run(async () => answered(this.#client.DELETE('/api/backups/{id}', { params: { path: { id } } })))) this.backups.reload();
  }
}
