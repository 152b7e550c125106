import type { Routes } from '@angular/router';
import { AdminPage } from './admin-page';

const title = (text: string): string => `${text} · DbMaker`;

/** What only admins see; the API holds to that, too. */
export const adminRoutes: Routes = [
  {
    path: '',
    component: AdminPage,
    children: [
      { path: '', pathMatch: 'full', redirectTo: 'users' },
      { path: 'users', title: title($localize`Users`), loadComponent: async () => (await import('./users/users-page')).UsersPage },
      { path: 'users/new', title: title($localize`Add user`), loadComponent: async () => (await import('./users/new-user-page')).NewUserPage },
      { path: 'users/:id', title: title($localize`User`), loadComponent: async () => (await import('./users/user-page')).UserPage },
      { path: 'databases', title: title($localize`All databases`), loadComponent: async () => (await import('./databases/all-databases-page')).AllDatabasesPage },
      { path: 'capacity', title: title($localize`Capacity`), loadComponent: async () => (await import('./capacity/capacity-page')).CapacityPage },
      { path: 'templates', loadChildren: async () => (await import('./templates/routes')).templateRoutes },
      { path: 'audit', title: title($localize`Audit`), loadComponent: async () => (await import('./audit/audit-page')).AuditPage },
      { path: 'webhooks', title: title($localize`All webhooks`), data: { everybodys: true }, loadComponent: async () => (await import('../webhooks/webhook-list')).WebhookList },
    ],
  },
];
