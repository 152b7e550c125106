import { Component, input } from '@angular/core';
import type { ApiError } from '../api/api-error';
import { Icon } from './icon';

/** An error in people's words, what can be done, and the id under which the server logged it. */
@Component({
  selector: 'dbm-problem',
  imports: [Icon],
  template: `
    <dbm-icon name="alert" />
    <div>
      <p>{{ problem().message }}</p>
      @if (problem().remedy; as remedy) { <p>{{ remedy }}</p> }
      @if (problem().requestId; as id) { <p class="id"><span i18n>Request</span>&ngsp;<code>{{ id }}</code></p> }
    </div>
  `,
  styles: `
    :host { display: flex; gap: 8px; padding: 12px; border-radius: 8px; background: var(--mat-sys-error-container); color: var(--mat-sys-on-error-container); overflow-wrap: anywhere; }
    .id { margin-top: 4px; opacity: 0.9; font-size: 0.75rem; }
  `,
  host: { role: 'alert' },
})
export class ProblemNote {
  readonly problem = input.required<ApiError>();
}
