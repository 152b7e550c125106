import type { Routes } from '@angular/router';

export const databaseRoutes: Routes = [];
