import type { Routes } from '@angular/router';
import { WebhookList } from './webhook-list';

const title = (text: string): string => `${text} · DbMaker`;

export const webhookRoutes: Routes = [
  { path: '', pathMatch: 'full', title: title($localize`Webhooks`), component: WebhookList },
  { path: 'new', title: title($localize`New webhook`), loadComponent: async () => (await import('./new-webhook')).NewWebhook },
  { path: ':id', title: title($localize`Webhook`), loadComponent: async () => (await import('./webhook-page')).WebhookPage },
];
