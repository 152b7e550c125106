import type { Routes } from '@angular/router';
import { DatabasePage } from './database-page';
import { Overview } from './overview/overview';

export const databaseRoutes: Routes = [
  {
    path: '',
    component: DatabasePage,
    children: [
      { path: '', pathMatch: 'full', component: Overview },
      { path: 'metrics', loadComponent: async () => (await import('./metrics/metrics')).Metrics },
      { path: 'log', loadComponent: async () => (await import('./log/log-view')).LogView },
      { path: 'settings', loadComponent: async () => (await import('./settings/settings')).Settings },
    ],
  },
];
