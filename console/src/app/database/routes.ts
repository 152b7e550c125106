import type { Routes } from '@angular/router';
import { DatabasePage } from './database-page';
import { Overview } from './overview/overview';

/** `tab`: what the title says beside the name; `manage`: only for its owner and admins. */
export const databaseRoutes: Routes = [
  {
    path: '',
    component: DatabasePage,
    children: [
      { path: '', pathMatch: 'full', component: Overview },
      { path: 'metrics', data: { tab: $localize`Metrics` }, loadComponent: async () => (await import('./metrics/metrics')).Metrics },
      { path: 'log', data: { tab: $localize`Log` }, loadComponent: async () => (await import('./log/log-view')).LogView },
      { path: 'sharing', data: { tab: $localize`Sharing`, manage: true }, loadComponent: async () => (await import('./sharing/sharing')).Sharing },
      { path: 'settings', data: { tab: $localize`Settings`, manage: true }, loadComponent: async () => (await import('./settings/settings')).Settings },
    ],
  },
];
