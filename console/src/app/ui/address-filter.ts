import { effect, inject, signal, untracked } from '@angular/core';
import type { WritableSignal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { ActivatedRoute, Router } from '@angular/router';
import type { ParamMap } from '@angular/router';

/**
 * A filter that stands in the page's address as well: whoever goes back finds it again, and links can lead to it. To be made where things are injected.
 * @param none the filter that lets everything through; its members are those of the address
 */
export function addressFilter<F extends Readonly<Record<keyof F, string>>>(none: F): WritableSignal<F> {
  const route = inject(ActivatedRoute);
  const router = inject(Router);
  const names = Object.keys(none) as (keyof F & string)[];
  const read = (params: ParamMap): F => Object.fromEntries(names.map((name) => [name, params.get(name) ?? none[name]])) as unknown as F;
  const differs = (a: F, b: F): boolean => names.some((name) => a[name] !== b[name]);
  const filter = signal(read(route.snapshot.queryParamMap));
  let ours = 0;
  effect(() => {
    const now = filter();
    if (!differs(now, read(route.snapshot.queryParamMap))) return;
    ours += 1;
    const queryParams = Object.fromEntries(names.map((name) => [name, now[name] === none[name] ? null : now[name]]));
    void router.navigate([], { relativeTo: route, queryParams, queryParamsHandling: 'merge', replaceUrl: true, scroll: 'manual' }).finally(() => { ours -= 1; });
  });
  route.queryParamMap.pipe(takeUntilDestroyed()).subscribe((params) => {
    // What we wrote there ourselves may be older than what was typed since.
    if (ours === 0 && differs(untracked(filter), read(params))) filter.set(read(params));
  });
  return filter;
}
