import { Component, computed, input } from '@angular/core';

/** From which part of the whole on it is nearly all. */
const NEARLY = 0.8;

/** How much of something is taken: words, and a bar beside them. */
@Component({
  selector: 'dbm-amount-bar',
  template: `
    <span class="words"><span>{{ label() }}</span><span class="amount">{{ words() }}</span></span>
    <span class="rail" aria-hidden="true"><span class="taken" [style.width.%]="part() * 100"></span></span>
  `,
  styles: `
    :host { display: grid; gap: 4px; min-width: 0; container-type: inline-size; }
    .words { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 12px; }
    // Bars that stand side by side have their words alike, also if only one has no room for them.
    @container (max-width: 13rem) { .words { flex-direction: column; } }
    .amount { color: var(--mat-sys-on-surface-variant); font-variant-numeric: tabular-nums; }
    .rail { height: 6px; border-radius: 3px; overflow: hidden; background: var(--mat-sys-surface-container-highest); }
    .taken { display: block; height: 100%; border-radius: 3px; background: var(--mat-sys-primary); }
    :host([data-tone='warn']) .taken { background: var(--dbm-warn); }
    :host([data-tone='bad']) .taken { background: var(--dbm-bad); }
  `,
  host: { '[attr.data-tone]': 'tone()' },
})
export class AmountBar {
  readonly label = input.required<string>();
  /** For people: "3 of 10". The bar only shows the same. */
  readonly words = input.required<string>();
  readonly taken = input.required<number>();
  readonly whole = input.required<number>();

  protected readonly part = computed(() => (this.whole() > 0 ? Math.min(this.taken() / this.whole(), 1) : this.taken() > 0 ? 1 : 0));
  protected readonly tone = computed(() => (this.taken() > 0 && this.part() >= 1 ? 'bad' : this.part() >= NEARLY ? 'warn' : 'good'));
}
