import { inject } from '@angular/core';
import { Router } from '@angular/router';
import type { CanActivateFn } from '@angular/router';
import { Session } from './session';

/** Whoever is not signed in is asked to, and then comes back to where they wanted to go. */
export const onlySignedIn: CanActivateFn = (_route, { url }) =>
  inject(Session).profile() !== null || inject(Router).createUrlTree(['/sign-in'], url === '/' ? {} : { queryParams: { to: url } });

export const onlySignedOut: CanActivateFn = (route) =>
  inject(Session).profile() === null || inject(Router).parseUrl(pathWithin(route.queryParamMap.get('to')));

/** Others are led to their own databases: there is nothing for them, and the API would say so. */
export const onlyAdmins: CanActivateFn = () => inject(Session).profile()?.role === 'admin' || inject(Router).parseUrl('/');

/** Only addresses of this page: nobody is sent elsewhere by a link to the sign-in. As a browser reads them: it leaves out tabs and ends of lines. */
export function pathWithin(to: string | null): string {
  return to?.startsWith('/') === true && URL.parse(to, location.origin)?.origin === location.origin ? to : '/';
}
