import { Component, computed, input } from '@angular/core';
import { ICONS } from './icons';
import type { IconName } from './icons';

/** Decoration: what it means stands beside it in words, or in the label of its button. */
@Component({
  selector: 'dbm-icon',
  template: '<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path [attr.d]="path()" fill="currentColor" /></svg>',
  styles: ':host { display: inline-flex; flex: none; width: 1.25em; height: 1.25em; } svg { width: 100%; height: 100%; }',
})
export class Icon {
  readonly name = input.required<IconName>();
  protected readonly path = computed(() => ICONS[this.name()]);
}
