import { Component, computed, input } from '@angular/core';
import { CopyButton } from './copy-button';
import { Icon } from './icon';

/** A secret that is shown this once, with a button that copies it. */
@Component({
  selector: 'dbm-secret-once',
  imports: [CopyButton, Icon],
  template: `
    <dbm-icon name="key" />
    <div class="what">
      <p><strong>{{ title() }}</strong></p>
      <p class="secret"><code>{{ secret() }}</code><dbm-copy-button [what]="what()" [text]="copied()" /></p>
      <p i18n>Copy it now: it will not be shown again.</p>
      <ng-content />
    </div>
  `,
  styles: `
    :host { display: flex; gap: 12px; padding: 16px; border-radius: 12px; background: var(--mat-sys-secondary-container); color: var(--mat-sys-on-secondary-container); }
    .what { display: grid; gap: 8px; min-width: 0; }
    .secret { display: flex; align-items: center; gap: 4px; }
    code { overflow-wrap: anywhere; user-select: all; font-size: 1rem; }
  `,
  host: { role: 'status' },
})
export class SecretOnce {
  readonly title = input.required<string>();
  /** For the label of the button: "secret". */
  readonly what = input.required<string>();
  readonly secret = input.required<string>();
  protected readonly copied = computed(() => () => this.secret());
}
