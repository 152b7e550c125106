import { effect, inject, signal } from '@angular/core';
import type { WritableSignal } from '@angular/core';
import { ActivatedRoute, Router } from '@angular/router';

/**
 * A filter that stands in the page's address as well: whoever goes back finds it again, and other pages can lead to it. To be made where things are injected.
 * @param none the filter that lets everything through; its members are those of the address
 */
export function addressFilter<F extends Readonly<Record<keyof F, string>>>(none: F): WritableSignal<F> {
  const route = inject(ActivatedRoute);
  const router = inject(Router);
  const names = Object.keys(none) as (keyof F & string)[];
  const filter = signal(fromEntries<F>(names.map((name) => [name, route.snapshot.queryParamMap.get(name) ?? none[name]])));
  effect(() => {
    const now = filter();
    const queryParams = Object.fromEntries(names.map((name) => [name, now[name] === none[name] ? null : now[name]]));
    if (names.every((name) => (route.snapshot.queryParamMap.get(name) ?? none[name]) === now[name])) return;
    void router.navigate([], { relativeTo: route, queryParams, queryParamsHandling: 'merge', replaceUrl: true, scroll: 'manual' });
  });
  return filter;
}

function fromEntries<F>(entries: [keyof F & string, string][]): F {
  return Object.fromEntries(entries) as unknown as F;
}
