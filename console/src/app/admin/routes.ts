import type { Routes } from '@angular/router';
import { AdminPage } from './admin-page';

const title = (text: string): string => `${text} · DbMaker`;

/** What only admins see; the API holds to that, too. */
export const adminRoutes: Routes = [
  {
    path: '',
    component: AdminPage,
    children: [
      { path: '', pathMatch: 'full', redirectTo: 'capacity' },
      { path: 'databases', title: title($localize`All databases`), loadComponent: async () => (await import('./databases/all-databases-page')).AllDatabasesPage },
      { path: 'capacity', title: title($localize`Capacity`), loadComponent: async () => (await import('./capacity/capacity-page')).CapacityPage },
      { path: 'audit', title: title($localize`Audit`), loadComponent: async () => (await import('./audit/audit-page')).AuditPage },
      { path: 'webhooks', title: title($localize`Webhooks of all`), data: { everybodys: true }, loadComponent: async () => (await import('../webhooks/webhook-list')).WebhookList },
    ],
  },
];
