import { computed, DOCUMENT, inject, Service, signal } from '@angular/core';

export type ThemeName = 'light dark' | 'light' | 'dark';

const KEY = 'dbm.theme';

/** Light or dark, or as the system is. Remembered in this browser. */
@Service()
export class Theme {
  readonly #root = inject(DOCUMENT).documentElement;
  readonly #name = signal(read());
  readonly #system = inject(DOCUMENT).defaultView?.matchMedia('(prefers-color-scheme: dark)');
  readonly #isSystemDark = signal(this.#system?.matches ?? false);
  readonly name = this.#name.asReadonly();
  /** As it is now, whoever chose it. */
  readonly isDark = computed(() => (this.#name() === 'light dark' ? this.#isSystemDark() : this.#name() === 'dark'));

  constructor() {
    this.#system?.addEventListener('change', ({ matches }) => this.#isSystemDark.set(matches));
  }

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
