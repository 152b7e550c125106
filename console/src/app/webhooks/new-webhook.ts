import { Component, computed, inject, input, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { RouterLink } from '@angular/router';
import { Api, answered } from '../api/api';
import type { Webhook } from '../api/types';
import { Session } from '../sign-in/session';
import { attempt } from '../ui/attempt';
import { SecretOnce } from '../ui/secret-once';
import { WebhookForm } from './webhook-form';
import type { WebhookValues } from './webhook-form';

/** From an address to a webhook, and its secret, which is shown this once. */
@Component({
  selector: 'dbm-new-webhook',
  imports: [MatButtonModule, RouterLink, SecretOnce, WebhookForm],
  template: `
    <div class="dbm-page narrow">
      @if (made(); as made) {
        <h1 i18n>Webhook created</h1>
        <dbm-secret-once [secret]="made.secret ?? ''" title="The secret that signs messages" i18n-title what="secret" i18n-what>
          <p i18n>Give it to the receiver, so that it can tell our messages from others. Signatures follow Standard Webhooks; the documentation says how to check them.</p>
        </dbm-secret-once>
        <div class="dbm-row"><a matButton="filled" [routerLink]="['/webhooks', made.id]" i18n>Open webhook</a></div>
      } @else {
        <h1>@if (isGlobal()) { <ng-container i18n>New webhook for everybody's events</ng-container> } @else { <ng-container i18n>New webhook</ng-container> }</h1>
        <div class="dbm-card">
          <dbm-webhook-form act="Create webhook" i18n-act [busy]="tries.busy()" [problem]="tries.problem()" (saved)="make($event)">
            <a matButton [routerLink]="isGlobal() ? '/admin/webhooks' : '/webhooks'" i18n>Cancel</a>
          </dbm-webhook-form>
        </div>
      }
    </div>
  `,
  styles: '.narrow { max-width: 800px; }',
})
export class NewWebhook {
  readonly #client = inject(Api).client;
  readonly #profile = inject(Session).profile;
  /** Of the address. */
  readonly global = input<string>();
  protected readonly isGlobal = computed(() => this.global() === 'true' && this.#profile()?.role === 'admin');
  protected readonly made = signal<Webhook | null>(null);
  protected readonly tries = attempt();

  protected async make({ url, types }: WebhookValues): Promise<void> {
    await this.tries.run(async () => {
      this.made.set(await answered(this.#client.POST('/api/webhooks', { body: { url, types: [...types], ...(this.isGlobal() ? { global: true } : {}) } })));
    });
  }
}
