import { Component, computed, input, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { Icon } from './icon';

const SHOWN_MS = 2000;

/** Copies a text, which may first have to be asked for, and says so. */
@Component({
  selector: 'dbm-copy-button',
  imports: [MatButtonModule, Icon],
  template: `
    <button matIconButton type="button" [attr.aria-label]="label()" [title]="label()" (click)="copy()">
      <dbm-icon [name]="copied() ? 'check' : 'copy'" />
    </button>
    <span class="cdk-visually-hidden" role="status">{{ copied() ? copiedText : '' }}</span>
  `,
  styles: 'button { font-size: 1rem; }',
})
export class CopyButton {
  /** What is copied, for people: "connection string". */
  readonly what = input.required<string>();
  /** null: it could not be had; whoever gives it tells why. */
  readonly text = input.required<() => string | null | Promise<string | null>>();

  protected readonly copied = signal(false);
  protected readonly copiedText = $localize`Copied`;
  protected readonly label = computed(() => $localize`Copy ${this.what()}:what:`);

  protected async copy(): Promise<void> {
    const text = await this.text()();
    if (text === null) return;
    await navigator.clipboard.writeText(text);
    this.copied.set(true);
    setTimeout(() => this.copied.set(false), SHOWN_MS);
  }
}
