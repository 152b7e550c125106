import type { Routes } from '@angular/router';
import { AccountPage } from './account-page';

export const accountRoutes: Routes = [
  {
    path: '',
    component: AccountPage,
    children: [
      { path: '', pathMatch: 'full', title: $localize`Profile · DbMaker`, loadComponent: async () => (await import('./profile/profile')).ProfileTab },
      { path: 'tokens', title: $localize`API tokens · DbMaker`, loadComponent: async () => (await import('./tokens/tokens')).Tokens },
    ],
  },
];
