import { Component, computed, inject, input } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { RouterLink } from '@angular/router';
import { Api, answered } from '../api/api';
import { Session } from '../sign-in/session';
import { Icon } from '../ui/icon';
import { LooksBadge } from '../ui/looks-badge';
import { paged } from '../ui/paged';
import { ProblemNote } from '../ui/problem';
import { eventsText } from './event-types';
import { webhookLooks } from './webhook-words';

/** Where events are sent to: one's own webhooks, or (admins) those of all and the global ones. */
@Component({
  selector: 'dbm-webhook-list',
  imports: [Icon, LooksBadge, MatButtonModule, MatProgressBarModule, ProblemNote, RouterLink],
  templateUrl: './webhook-list.html',
  styleUrl: './webhook-list.scss',
})
export class WebhookList {
  readonly #client = inject(Api).client;
  readonly #profile = inject(Session).profile;
  /** Of the route. */
  readonly everybodys = input(false);
  readonly #owner = computed(() => (this.everybodys() ? undefined : this.#profile()?.username));
  protected readonly webhooks = paged(this.#owner, async (owner, cursor) => answered(this.#client.GET('/api/webhooks', {
    params: { query: { ...(owner === undefined ? {} : { owner }), ...(cursor === undefined ? {} : { cursor }) } },
  })));
  protected readonly eventsText = eventsText;
  protected readonly looks = webhookLooks;
}
