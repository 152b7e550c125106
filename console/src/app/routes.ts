import type { Routes } from '@angular/router';
import { Shell } from './shell/shell';
import { onlyAdmins, onlySignedIn, onlySignedOut } from './sign-in/guards';

const title = (text: string): string => `${text} · DbMaker`;

export const routes: Routes = [
  {
    path: 'sign-in',
    title: title($localize`Sign in`),
    canActivate: [onlySignedOut],
    loadComponent: async () => (await import('./sign-in/sign-in-page')).SignInPage,
  },
  {
    path: '',
    component: Shell,
    canActivate: [onlySignedIn],
    children: [
      { path: '', pathMatch: 'full', title: title($localize`My databases`), loadComponent: async () => (await import('./databases/database-list')).DatabaseList },
      { path: 'new', title: title($localize`New database`), loadComponent: async () => (await import('./create/create-page')).CreatePage },
      { path: 'backups', title: title($localize`Backups`), loadComponent: async () => (await import('./backups/backup-list')).BackupList },
      { path: 'databases/:id', loadChildren: async () => (await import('./database/routes')).databaseRoutes },
      { path: 'account', loadChildren: async () => (await import('./account/routes')).accountRoutes },
      { path: 'webhooks', loadChildren: async () => (await import('./webhooks/routes')).webhookRoutes },
      { path: 'admin', canActivate: [onlyAdmins], loadChildren: async () => (await import('./admin/routes')).adminRoutes },
      { path: '**', title: title($localize`Not found`), loadComponent: async () => (await import('./shell/not-found')).NotFound },
    ],
  },
];
