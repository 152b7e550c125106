import { Component, input } from '@angular/core';
import { Icon } from './icon';
import type { Looks } from './state-looks';

/** How something is: icon and words, and a colour beside them. */
@Component({
  selector: 'dbm-looks-badge',
  imports: [Icon],
  template: '<dbm-icon [name]="looks().icon" /><span>{{ looks().text }}</span>',
  styles: `
    :host { display: inline-flex; align-items: center; gap: 6px; font: var(--mat-sys-label-large); color: var(--dbm-rest); }
    :host([data-tone='good']) { color: var(--dbm-good); }
    :host([data-tone='busy']) { color: var(--dbm-busy); }
    :host([data-tone='warn']) { color: var(--dbm-warn); }
    :host([data-tone='bad']) { color: var(--dbm-bad); }
  `,
  host: { '[attr.data-tone]': 'looks().tone' },
})
export class LooksBadge {
  readonly looks = input.required<Looks>();
}
