import { DatePipe } from '@angular/common';
import { Component, computed, inject } from '@angular/core';
import { debounce, form, FormField } from '@angular/forms/signals';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { RouterLink } from '@angular/router';
import { Api, answered } from '../../api/api';
import { download } from '../../api/download';
import { addressFilter } from '../../ui/address-filter';
import { attempt } from '../../ui/attempt';
import { Icon } from '../../ui/icon';
import { LooksBadge } from '../../ui/looks-badge';
import { paged } from '../../ui/paged';
import { ProblemNote } from '../../ui/problem';
import { ACTION_CHOICES, actionText, actorText, detailLines, OUTCOME_CHOICES, OUTCOMES } from './action-words';
import { exportAddress, NO_FILTER, queryOf } from './audit-filter';

const TYPING_MS = 300;

/** Who did what, newest first. */
@Component({
  selector: 'dbm-audit-page',
  imports: [DatePipe, FormField, Icon, LooksBadge, MatButtonModule, MatFormFieldModule, MatInputModule, MatProgressBarModule, ProblemNote, RouterLink],
  templateUrl: './audit-page.html',
  styleUrl: './audit-page.scss',
})
export class AuditPage {
  readonly #client = inject(Api).client;
  readonly #filter = addressFilter(NO_FILTER);
  protected readonly filter = form(this.#filter, (path) => {
    debounce(path.user, TYPING_MS);
    debounce(path.subject, TYPING_MS);
  });
  readonly #query = computed(() => queryOf(this.#filter()), { equal: (a, b) => JSON.stringify(a) === JSON.stringify(b) });
  protected readonly isFiltered = computed(() => Object.keys(this.#query()).length > 0);
  protected readonly records = paged(this.#query, async (query, cursor) => answered(this.#client.GET('/api/audit', { params: { query: { ...query, ...(cursor === undefined ? {} : { cursor }) } } })));
  protected readonly actions = ACTION_CHOICES;
  protected readonly outcomeChoices = OUTCOME_CHOICES;
  protected readonly outcomes = OUTCOMES;
  protected readonly asking = attempt();
  protected readonly actionText = actionText;
  protected readonly actorText = actorText;
  protected readonly detailLines = detailLines;

  protected showAll(): void {
    this.#filter.set(NO_FILTER);
  }

  /** Of what is filtered, also what is not shown yet. Asked for first: what is wrong is told here, and not in a list of downloads. */
  protected async downloadAll(): Promise<void> {
    const query = this.#query();
    await this.asking.run(async () => {
      await answered(this.#client.GET('/api/audit', { params: { query: { ...query, limit: 1 } } }));
      download(exportAddress(query));
    });
  }
}
