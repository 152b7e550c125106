import { Component, computed, model } from '@angular/core';
import type { FormValueControl } from '@angular/forms/signals';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { choiceOf, EVENT_TYPES, typesOf } from './event-types';
import type { EventChoice } from './event-types';

/** Of which events somebody wants to be told; its value is the types of the API. */
@Component({
  selector: 'dbm-event-choice',
  imports: [MatFormFieldModule, MatInputModule],
  template: `
    <fieldset>
      <legend i18n>Which events?</legend>
      <label><input type="radio" name="events" [checked]="choice().all" (change)="change({ all: true })"> <span i18n>All</span></label>
      <label><input type="radio" name="events" [checked]="!choice().all" (change)="change({ all: false })"> <span i18n>Only some</span></label>
      @if (!choice().all) {
        <div class="types">
          @for (one of types; track one.type) {
            <label><input type="checkbox" [checked]="choice().chosen.includes(one.type)" (change)="toggle(one.type)"> <span>{{ one.text }}</span></label>
          }
        </div>
        <mat-form-field subscriptSizing="dynamic">
          <mat-label i18n>Other event types</mat-label>
          <input matInput #others [value]="choice().others" (change)="change({ others: others.value })" autocomplete="off" autocapitalize="none" spellcheck="false">
          <mat-hint i18n>Separated by commas, such as instance.noted, instance.*</mat-hint>
        </mat-form-field>
      }
    </fieldset>
  `,
  styles: `
    fieldset { border: 0; padding: 0; margin: 0; display: grid; gap: 8px; }
    legend { padding: 0; margin-bottom: 8px; font: var(--mat-sys-title-small); }
    label { display: flex; gap: 8px; align-items: baseline; }
    .types { display: grid; gap: 8px 16px; padding: 4px 0 12px 24px; grid-template-columns: repeat(auto-fill, minmax(min(18rem, 100%), 1fr)); }
  `,
})
export class EventChoices implements FormValueControl<readonly string[]> {
  readonly value = model<readonly string[]>(['*']);
  protected readonly types = EVENT_TYPES;
  protected readonly choice = computed(() => choiceOf(this.value()));

  protected toggle(type: string): void {
    const { chosen } = this.choice();
    this.change({ chosen: chosen.includes(type) ? chosen.filter((one) => one !== type) : [...chosen, type] });
  }

  protected change(change: Partial<EventChoice>): void {
    this.value.set(typesOf({ ...this.choice(), ...change }));
  }
}
