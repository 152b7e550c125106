import { Component, computed, inject } from '@angular/core';
import { debounce, form, FormField } from '@angular/forms/signals';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { RouterLink } from '@angular/router';
import { Api, answered } from '../../api/api';
import { addressFilter } from '../../ui/address-filter';
import { AmountBar } from '../../ui/amount-bar';
import { Icon } from '../../ui/icon';
import { LooksBadge } from '../../ui/looks-badge';
import { paged } from '../../ui/paged';
import { ProblemNote } from '../../ui/problem';
import { TimeFromNowPipe } from '../../ui/time-from-now';
import { usageAmounts } from '../../ui/usage';
import { personLooks } from './person-words';

const TYPING_MS = 300;

/** Everybody, and what they have in use of their quotas. */
@Component({
  selector: 'dbm-users-page',
  imports: [AmountBar, FormField, Icon, LooksBadge, MatButtonModule, MatFormFieldModule, MatInputModule, MatProgressBarModule, ProblemNote, RouterLink, TimeFromNowPipe],
  templateUrl: './users-page.html',
  styleUrl: './users-page.scss',
})
export class UsersPage {
  readonly #client = inject(Api).client;
  readonly #filter = addressFilter({ search: '' });
  protected readonly filter = form(this.#filter, (path) => debounce(path.search, TYPING_MS));
  protected readonly search = computed(() => this.#filter().search.trim());
  protected readonly people = paged(this.search, async (search, cursor) => answered(this.#client.GET('/api/users', {
    params: { query: { ...(search === '' ? {} : { search }), ...(cursor === undefined ? {} : { cursor }) } },
  })));
  protected readonly shown = computed(() => this.people.items().map((person) => ({ person, looks: personLooks(person), amounts: usageAmounts(person.usage, person.quota) })));
}
