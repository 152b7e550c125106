import { DatePipe } from '@angular/common';
import { Component, computed, DestroyRef, inject, input, signal } from '@angular/core';
import { form, FormField } from '@angular/forms/signals';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { Api, answered } from '../api/api';
import type { Delivery } from '../api/types';
import { attempt } from '../ui/attempt';
import { Icon } from '../ui/icon';
import { LooksBadge } from '../ui/looks-badge';
import { paged } from '../ui/paged';
import { ProblemNote } from '../ui/problem';
import { EVENT_TYPES } from './event-types';
import { answerText, deliveryLooks } from './webhook-words';

/** What was asked for just now is sent within a second or two; its receiver may take ten. */
const [LOOK_MS, LOOKS] = [1000, 15];

/** What was sent and how that went, newest first. */
@Component({
  selector: 'dbm-deliveries',
  imports: [DatePipe, FormField, Icon, LooksBadge, MatButtonModule, MatFormFieldModule, MatInputModule, MatProgressBarModule, ProblemNote],
  templateUrl: './deliveries.html',
  styleUrl: './deliveries.scss',
})
export class Deliveries {
  readonly #client = inject(Api).client;
  readonly webhookId = input.required<string>();
  readonly #filter = signal<{ readonly state: Delivery['state'] | '' }>({ state: '' });
  protected readonly filter = form(this.#filter);
  readonly #query = computed(() => ({ id: this.webhookId(), state: this.#filter().state }));
  protected readonly deliveries = paged(this.#query, async ({ id, state }, cursor) => answered(this.#client.GET('/api/webhooks/{id}/deliveries', {
    params: { path: { id }, query: { ...(state === '' ? {} : { state }), ...(cursor === undefined ? {} : { cursor }) } },
  })));
  protected readonly tries = attempt();
  protected readonly looks = deliveryLooks;
  protected readonly answerText = answerText;
  #isGone = false;

  constructor() {
    inject(DestroyRef).onDestroy(() => { this.#isGone = true; });
  }

  /** Shows what becomes of one that was queued just now, for as long as that may take. */
  async follow(id: string): Promise<void> {
    this.#filter.set({ state: '' });
    for (let look = 0; look < LOOKS && !this.#isGone; look += 1) {
      this.deliveries.reload();
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      const found = this.deliveries.items().find((delivery) => delivery.id === id);
      if (found !== undefined && (found.state !== 'pending' || found.attempts > 0)) return;
    }
  }

  protected async retry({ id: deliveryId }: Delivery): Promise<void> {
    await this.tries.run(async () => {
      await answered(this.#client.POST('/api/webhooks/{id}/deliveries/{deliveryId}/retry', { params: { path: { id: this.webhookId(), deliveryId } } }));
      void this.follow(deliveryId);
    });
  }

  /** `webhook.test` and what has no words here stay as they are. */
  protected typeText(type: string): string {
    return type === 'webhook.test' ? $localize`Test` : (EVENT_TYPES.find((one) => one.type === type)?.text ?? type);
  }

  protected retryLabel({ type }: Delivery): string {
    return $localize`Send again: ${this.typeText(type)}:event:`;
  }
}
