import { Component, computed, inject, resource } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { RouterLink } from '@angular/router';
import { Templates } from '../api/templates';
import { Icon } from '../ui/icon';
import { iconOfType } from '../ui/icons';

/** What somebody sees who has no database yet: each kind that there is, two clicks away. */
@Component({
  selector: 'dbm-first-database',
  imports: [Icon, MatButtonModule, RouterLink],
  template: `
    <dbm-icon class="large" name="database" />
    <h2 i18n>Your first database is a minute away</h2>
    <p class="dbm-quiet" i18n>Choose what kind it is, give it a name, and copy the connection string.</p>
    <a matButton="filled" routerLink="/new" i18n>Create your first database</a>
    @if (available().length > 0) {
      <ul aria-label="Kinds of databases" i18n-aria-label>
        @for (template of available(); track template.key) {
          <li><a matButton="outlined" routerLink="/new" [queryParams]="{ template: template.key }"><span class="dbm-label"><dbm-icon [name]="iconOf(template.type)" />{{ template.name }} {{ template.version }}</span></a></li>
        }
      </ul>
    }
  `,
  styles: `
    :host { display: grid; gap: 12px; justify-items: center; text-align: center; padding: 40px 16px; }
    .large { font-size: 3rem; color: var(--mat-sys-primary); }
    ul { list-style: none; margin: 8px 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: 8px; justify-content: center; }
  `,
  host: { class: 'dbm-card' },
})
export class FirstDatabase {
  readonly #templates = inject(Templates);
  /** An extra: without it there is the button. */
  readonly #all = resource({ loader: () => this.#templates.list() });
  protected readonly available = computed(() => (this.#all.hasValue() ? this.#all.value().filter(({ availability }) => availability?.available !== false) : []));
  protected readonly iconOf = iconOfType;
}
