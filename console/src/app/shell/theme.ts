import { inject, Service, signal } from '@angular/core';
import { DOCUMENT } from '@angular/core';

export type ThemeName = 'light dark' | 'light' | 'dark';

const KEY = 'dbm.theme';

/** Light or dark, or as the system is. Remembered in this browser. */
@Service()
export class Theme {
  readonly #root = inject(DOCUMENT).documentElement;
  readonly #name = signal(read());
  readonly name = this.#name.asReadonly();

  apply(): void {
    this.#root.style.colorScheme = this.#name();
  }

  choose(name: ThemeName): void {
    localStorage.setItem(KEY, name);
    this.#name.set(name);
    this.apply();
  }
}

function read(): ThemeName {
  const kept = localStorage.getItem(KEY);
  return kept === 'light' || kept === 'dark' ? kept : 'light dark';
}
