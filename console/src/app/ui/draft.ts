import { DestroyRef, effect, inject, signal } from '@angular/core';
import type { WritableSignal } from '@angular/core';
import { PLACE } from '../sign-in/kept-drafts';
import { Session } from '../sign-in/session';

/**
 * What is typed into a form (nothing secret), kept in this tab until the form is left: a sign-in that ends leads the browser away and back, and a page may be loaded again.
 * Whoever else signs in here does not see it. Call it where a component is made.
 * @param empty members of the same names are taken up from what was kept
 */
export function draft<T extends object>(form: string, empty: T): WritableSignal<T> {
  const session = inject(Session);
  const person = session.profile()?.id;
  if (person === undefined) return signal(empty);
  const place = `${PLACE}${person}.${form}`;
  const value = signal({ ...empty, ...kept(place, empty) });
  effect(() => { sessionStorage.setItem(place, JSON.stringify(value())); });
  inject(DestroyRef).onDestroy(() => { if (session.profile() !== null) sessionStorage.removeItem(place); });
  return value;
}

function kept<T extends object>(place: string, empty: T): Partial<T> {
  try {
    const known = Object.entries(JSON.parse(sessionStorage.getItem(place) ?? '{}') as object).filter(([name, value]) => name in empty && typeof value === typeof empty[name as keyof T]);
    return Object.fromEntries(known) as Partial<T>;
  } catch {
    return {}; // written by another version of this page
  }
}
