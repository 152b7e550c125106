import type { Routes } from '@angular/router';
import { TemplateList } from './template-list';

const title = (text: string): string => `${text} · DbMaker`;

export const templateRoutes: Routes = [
  { path: '', pathMatch: 'full', title: title($localize`Templates`), component: TemplateList },
  { path: 'new', title: title($localize`New template`), loadComponent: async () => (await import('./template-page')).TemplatePage },
  { path: ':key', title: title($localize`Template`), loadComponent: async () => (await import('./template-page')).TemplatePage },
];
