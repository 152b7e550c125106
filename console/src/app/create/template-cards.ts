import { Component, input, output } from '@angular/core';
import type { Template } from '../api/types';
import { Icon } from '../ui/icon';
import { iconOfType } from '../ui/icons';

/** Templates to choose one of; those that this installation cannot run say why. */
@Component({
  selector: 'dbm-template-cards',
  imports: [Icon],
  template: `
    <fieldset>
      <legend i18n>What kind of database?</legend>
      @for (template of templates(); track template.key) {
        @let unavailable = template.availability?.available === false;
        <label [class.unavailable]="unavailable">
          <input type="radio" name="template" [value]="template.key" [checked]="template.key === chosen()" [disabled]="unavailable" (change)="choose.emit(template.key)">
          <dbm-icon [name]="iconOf(template.type)" />
          <span class="text">
            <strong>{{ template.name }} {{ template.version }}</strong>
            <span>{{ template.description }}</span>
            @if (unavailable) { <span class="why">{{ template.availability?.reason }} {{ template.availability?.remedy }}</span> }
          </span>
        </label>
      }
    </fieldset>
  `,
  styles: `
    fieldset { border: 0; padding: 0; margin: 0; display: grid; gap: 12px; grid-template-columns: repeat(auto-fill, minmax(min(16rem, 100%), 1fr)); }
    legend { font: var(--mat-sys-title-medium); margin-bottom: 8px; padding: 0; }
    label {
      position: relative; display: flex; gap: 12px; padding: 16px; border: 2px solid var(--mat-sys-outline-variant); border-radius: 12px; cursor: pointer;
      background: var(--mat-sys-surface-container-low);
    }
    label:hover { background: var(--mat-sys-surface-container-high); }
    label:has(:checked) { border-color: var(--mat-sys-primary); background: var(--mat-sys-secondary-container); color: var(--mat-sys-on-secondary-container); }
    label:has(:focus-visible) { outline: 2px solid var(--mat-sys-primary); outline-offset: 2px; }
    label.unavailable { cursor: not-allowed; }
    input { position: absolute; opacity: 0; }
    dbm-icon { font-size: 1.75rem; color: var(--mat-sys-primary); }
    .text { display: grid; gap: 2px; }
    .why { color: var(--dbm-warn); }
  `,
})
export class TemplateCards {
  readonly templates = input.required<readonly Template[]>();
  /** Key of it. */
  readonly chosen = input.required<string>();
  readonly choose = output<string>();
  protected readonly iconOf = iconOfType;
}
