import { DatePipe } from '@angular/common';
import { Component, computed, effect, inject, input, resource, signal, untracked, viewChild } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { Router, RouterLink } from '@angular/router';
import { Api, answered } from '../api/api';
import { toApiError } from '../api/api-error';
import type { Webhook, WebhookChange } from '../api/types';
import { Session } from '../sign-in/session';
import { attempt } from '../ui/attempt';
import { confirmed } from '../ui/confirm-dialog';
import { Icon } from '../ui/icon';
import { LooksBadge } from '../ui/looks-badge';
import { ProblemNote } from '../ui/problem';
import { SecretOnce } from '../ui/secret-once';
import { Deliveries } from './deliveries';
import { eventsText } from './event-types';
import { WebhookForm } from './webhook-form';
import type { WebhookValues } from './webhook-form';
import { webhookLooks } from './webhook-words';

/** One webhook: how it is, what can be done, and how sending went. */
@Component({
  selector: 'dbm-webhook-page',
  imports: [DatePipe, Deliveries, Icon, LooksBadge, MatButtonModule, MatProgressBarModule, ProblemNote, RouterLink, SecretOnce, WebhookForm],
  templateUrl: './webhook-page.html',
  styleUrl: './webhook-page.scss',
})
export class WebhookPage {
  readonly #client = inject(Api).client;
  readonly #router = inject(Router);
  readonly #dialog = inject(MatDialog);
  readonly #profile = inject(Session).profile;
  private readonly deliveries = viewChild(Deliveries);
  /** Of the address. */
  readonly id = input.required<string>();
  readonly #fetched = resource({ params: () => this.id(), loader: async ({ params: id }) => answered(this.#client.GET('/api/webhooks/{id}', { params: { path: { id } } })) });
  protected readonly webhook = signal<Webhook | null>(null);
  protected readonly failedToLoad = computed(() => { const error = this.#fetched.error(); return error === undefined ? null : toApiError(error); });
  /** Global ones are everybody's who is an admin; of others their owner knows the whole address. */
  protected readonly isOthers = computed(() => { const webhook = this.webhook(); return webhook !== null && !webhook.global && webhook.ownerId !== this.#profile()?.id; });
  protected readonly back = computed(() => (this.webhook()?.global === true || this.isOthers() ? '/admin/webhooks' : '/webhooks'));
  protected readonly looks = computed(() => { const webhook = this.webhook(); return webhook === null ? null : webhookLooks(webhook); });
  protected readonly events = computed(() => eventsText(this.webhook()?.types ?? []));
  protected readonly secret = signal<string | null>(null);
  protected readonly isEditing = signal(false);
  protected readonly tries = attempt();
  protected readonly edits = attempt();

  constructor() {
    effect(() => {
      const fetched = this.#fetched.hasValue() ? this.#fetched.value() : null;
      untracked(() => {
        this.webhook.set(fetched);
        this.secret.set(null);
        this.isEditing.set(false);
      });
    });
  }

  protected async save({ url, types }: WebhookValues): Promise<void> {
    const was = this.webhook();
    const saved = await this.edits.run(async () => this.#change({ types: [...types], ...(this.isOthers() || url === was?.url ? {} : { url }) }));
    if (saved) this.isEditing.set(false);
  }

  protected async enable(enabled: boolean): Promise<void> {
    await this.tries.run(async () => this.#change({ enabled }));
  }

  protected async test(): Promise<void> {
    await this.tries.run(async () => {
      const { id } = await answered(this.#client.POST('/api/webhooks/{id}/test', { params: { path: { id: this.id() } } }));
      void this.deliveries()?.follow(id);
    });
  }

  protected async newSecret(): Promise<void> {
    const sure = await confirmed(this.#dialog, {
      title: $localize`Create a new secret?`,
      text: $localize`It is shown once. For a day messages are signed with the old one as well, so that the receiver can change over in peace; then the old one is worth nothing.`,
      action: $localize`Create new secret`,
    });
    if (sure) await this.tries.run(async () => this.#change({ rotateSecret: true }));
  }

  protected async delete(): Promise<void> {
    const sure = await confirmed(this.#dialog, {
      title: $localize`Delete this webhook?`, text: $localize`What is still waiting will not be sent, and the list of deliveries is deleted too.`, action: $localize`Delete webhook`, danger: true,
    });
    if (!sure) return;
    await this.tries.run(async () => {
      await answered(this.#client.DELETE('/api/webhooks/{id}', { params: { path: { id: this.id() } } }));
      await this.#router.navigateByUrl(this.back());
    });
  }

  async #change(body: WebhookChange): Promise<void> {
    const { secret, ...webhook } = await answered(this.#client.PATCH('/api/webhooks/{id}', { params: { path: { id: this.id() } }, body }));
    this.webhook.set(webhook);
    this.secret.set(secret ?? null);
  }
}
