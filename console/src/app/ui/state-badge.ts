import { Component, computed, input } from '@angular/core';
import type { Database } from '../api/types';
import { Icon } from './icon';
import { looksOf } from './state-looks';

/** State and health of a database: icon and words, and a colour beside them. */
@Component({
  selector: 'dbm-state-badge',
  imports: [Icon],
  template: '<dbm-icon [name]="looks().icon" /><span>{{ looks().text }}</span>',
  styles: `
    :host { display: inline-flex; align-items: center; gap: 6px; white-space: nowrap; font: var(--mat-sys-label-large); color: var(--dbm-rest); }
    :host([data-tone='good']) { color: var(--dbm-good); }
    :host([data-tone='busy']) { color: var(--dbm-busy); }
    :host([data-tone='warn']) { color: var(--dbm-warn); }
    :host([data-tone='bad']) { color: var(--dbm-bad); }
  `,
  host: { '[attr.data-tone]': 'looks().tone' },
})
export class StateBadge {
  readonly database = input.required<Pick<Database, 'status' | 'health'>>();
  protected readonly looks = computed(() => looksOf(this.database()));
}
