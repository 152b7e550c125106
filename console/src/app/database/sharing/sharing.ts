import { DatePipe } from '@angular/common';
import { Component, computed, DestroyRef, inject, linkedSignal, resource } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { MatButtonModule } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { Api, answered } from '../../api/api';
import { toApiError } from '../../api/api-error';
import type { Share } from '../../api/types';
import { PageHeading } from '../../shell/page-heading';
import { attempt } from '../../ui/attempt';
import { confirmed } from '../../ui/confirm-dialog';
import { Icon } from '../../ui/icon';
import { ProblemNote } from '../../ui/problem';
import { CurrentDatabase } from '../current-database';
import { SHARED_AS } from './access-words';
import type { SharedAs } from './access-words';
import { KeptPassword, withLost } from './kept-password';
import { ShareForm } from './share-form';

/** With whom a database is shared, and as what. */
@Component({
  selector: 'dbm-sharing',
  imports: [DatePipe, Icon, KeptPassword, MatButtonModule, MatFormFieldModule, MatInputModule, PageHeading, ProblemNote, ShareForm],
  templateUrl: './sharing.html',
  styleUrl: './sharing.scss',
})
export class Sharing {
  readonly #client = inject(Api).client;
  readonly #dialog = inject(MatDialog);
  protected readonly current = inject(CurrentDatabase);
  protected readonly shares = resource({
    params: () => this.current.id(),
    loader: async ({ params: id }) => (await answered(this.#client.GET('/api/containers/{id}/shares', { params: { path: { id } } }))).items,
  });
  protected readonly changing = attempt();
  protected readonly problem = computed(() => {
    const error = this.shares.error();
    return this.changing.problem() ?? (error === undefined ? null : toApiError(error));
  });
  /** Those from whom something was taken here, as it was; none: there is a new password since. */
  readonly #lost = linkedSignal<string, readonly Share[]>({ source: this.current.id, computation: () => [] });
  protected readonly lost = this.#lost.asReadonly();
  protected readonly sharedAs = SHARED_AS;
  protected readonly labels = {
    access: ({ displayName }: Share): string => $localize`What ${displayName}:name: may do`,
    remove: ({ displayName }: Share): string => $localize`Remove ${displayName}:name:`,
  };

  constructor() {
    this.current.events.pipe(takeUntilDestroyed(inject(DestroyRef))).subscribe(({ containerId, type }) => {
      if (containerId !== this.current.id()) return;
      if (type === 'instance.password-rotated') this.forgetLost();
      if (/^instance\.(un)?shared$/.test(type)) this.shares.reload();
    });
  }

  /** What did not work is shown as it still is. */
  protected async change(share: Share, select: HTMLSelectElement): Promise<void> {
    const { username, access: before } = share;
    const [path, access] = [{ id: this.current.id(), username }, select.value as SharedAs];
    const worked = await this.changing.run(async () => answered(this.#client.PUT('/api/containers/{id}/shares/{username}', { params: { path }, body: { access } })));
    if (!worked) select.value = before;
    else this.#changed(share, access);
  }

  protected async remove(share: Share): Promise<void> {
    const { username, displayName, access } = share;
    const question = {
      title: $localize`Share it with ${displayName}:name: no more?`,
      text: access === 'operator'
        ? $localize`They will not see it any more. Connections that they have open go on, and they may have kept the password: a new one makes it worthless.`
        : $localize`They will not see it any more.`,
      action: $localize`Share no more`,
    };
    if (!(await confirmed(this.#dialog, question))) return;
    const path = { id: this.current.id(), username };
    if (await this.changing.run(async () => answered(this.#client.DELETE('/api/containers/{id}/shares/{username}', { params: { path } })))) this.#changed(share);
  }

  protected forgetLost(): void {
    this.#lost.set([]);
  }

  #changed(before: Share, access?: SharedAs): void {
    this.#lost.update((lost) => withLost(lost, before, access));
    this.shares.reload();
  }
}
