import { Component, computed, input, model } from '@angular/core';
import type { FormValueControl } from '@angular/forms/signals';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { durationSeconds, durationText } from './duration';

/** A choice of times, of which what is chosen now is always one. */
@Component({
  selector: 'dbm-duration-select',
  imports: [MatFormFieldModule, MatInputModule],
  template: `
    <mat-form-field subscriptSizing="dynamic">
      <mat-label>{{ label() }}</mat-label>
      <select matNativeControl #select [value]="value()" (change)="value.set(select.value)">
        @for (choice of offered(); track choice) { <option [value]="choice" [selected]="choice === value()">{{ textOf(choice) }}</option> }
      </select>
      <mat-hint>{{ hint() }}</mat-hint>
    </mat-form-field>
  `,
  styles: ':host { display: block; } mat-form-field { width: 100%; }',
})
export class DurationSelect implements FormValueControl<string> {
  readonly value = model('');
  readonly label = input.required<string>();
  readonly hint = input('');
  readonly choices = input.required<readonly string[]>();
  /** What an empty choice stands for. */
  readonly standard = input('');
  /** The longest that may be asked for; undefined: anything. */
  readonly most = input<string>();

  protected readonly offered = computed(() => {
    const longest = durationSeconds(this.most() ?? 'never');
    return [...new Set([this.value(), ...this.choices()])]
      .filter((choice) => choice === '' || choice === this.value() || durationSeconds(choice) <= longest)
      .sort((a, b) => (a === '' ? -1 : b === '' ? 1 : durationSeconds(a) - durationSeconds(b)));
  });

  protected textOf(choice: string): string {
    return choice === '' ? this.standard() : durationText(choice);
  }
}
