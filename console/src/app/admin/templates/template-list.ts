import { Component, computed, effect, inject, resource } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { RouterLink } from '@angular/router';
import { Api, answered } from '../../api/api';
import { toApiError } from '../../api/api-error';
import { Templates } from '../../api/templates';
import type { Template } from '../../api/types';
import { PageHeading } from '../../shell/page-heading';
import { attempt } from '../../ui/attempt';
import { confirmed } from '../../ui/confirm-dialog';
import { Icon } from '../../ui/icon';
import { iconOfType } from '../../ui/icons';
import { LooksBadge } from '../../ui/looks-badge';
import { ProblemNote } from '../../ui/problem';
import type { Looks } from '../../ui/state-looks';

const ASK_AGAIN_MS = 4000;

/** What databases can be made of. */
@Component({
  selector: 'dbm-template-list',
  imports: [Icon, LooksBadge, MatButtonModule, MatProgressBarModule, PageHeading, ProblemNote, RouterLink],
  templateUrl: './template-list.html',
  styleUrl: './template-list.scss',
})
export class TemplateList {
  readonly #client = inject(Api).client;
  readonly #dialog = inject(MatDialog);
  readonly #templates = inject(Templates);
  protected readonly templates = resource({ loader: async () => this.#templates.list() });
  protected readonly failedToLoad = computed(() => { const error = this.templates.error(); return error === undefined ? null : toApiError(error); });
  protected readonly deleting = attempt();
  protected readonly iconOf = iconOfType;

  constructor() {
    effect((onCleanup) => {
      if (!this.templates.hasValue() || !this.templates.value().some(({ availability }) => availability === null)) return;
      const timer = setTimeout(() => this.templates.reload(), ASK_AGAIN_MS); // a worker looks at new ones every few seconds
      onCleanup(() => clearTimeout(timer));
    });
  }

  protected looks({ availability }: Template): Looks {
    if (availability === null) return { icon: 'progress', text: $localize`Not known yet`, tone: 'busy' };
    return availability.available ? { icon: 'good', text: $localize`Can run here`, tone: 'good' } : { icon: 'alert', text: $localize`Cannot run here`, tone: 'bad' };
  }

  /** Read where the other words of the row are not. */
  protected labelOf(act: string, { name }: Template): string {
    return $localize`${act}:act:: ${name}:name:`;
  }

  protected readonly acts = { change: $localize`Change`, duplicate: $localize`Duplicate`, delete: $localize`Delete` };

  protected async delete({ key, name }: Template): Promise<void> {
    const sure = await confirmed(this.#dialog, {
      title: $localize`Delete the template ${name}:name:?`,
      text: $localize`No more databases can be made from it. Existing ones stay as they are, and their backups can be restored.`,
      action: $localize`Delete template`, danger: true,
    });
    if (!sure) return;
    await this.deleting.run(async () => {
      await answered(this.#client.DELETE('/api/templates/{name}', { params: { path: { name: key } } }));
      this.templates.reload();
    });
  }
}
