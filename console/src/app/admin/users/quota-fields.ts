import { Component, input } from '@angular/core';
import { FormField } from '@angular/forms/signals';
import type { FieldTree } from '@angular/forms/signals';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import type { QuotaValues } from './quota-values';

/** What somebody may have at the same time. */
@Component({
  selector: 'dbm-quota-fields',
  imports: [FormField, MatFormFieldModule, MatInputModule],
  template: `
    <mat-form-field [floatLabel]="usual() === '' ? 'auto' : 'always'">
      <mat-label i18n>Databases</mat-label>
      <input matInput type="number" step="1" [formField]="fields().instances" [placeholder]="usual()">
      @if (fields().instances().errors()[0]; as error) { <mat-error>{{ error.message }}</mat-error> }
    </mat-form-field>
    <mat-form-field [floatLabel]="usual() === '' ? 'auto' : 'always'">
      <mat-label i18n>Memory</mat-label>
      <input matInput type="number" step="any" [formField]="fields().memoryGb" [placeholder]="usual()">
      <span matTextSuffix i18n>GB</span>
      @if (fields().memoryGb().errors()[0]; as error) { <mat-error>{{ error.message }}</mat-error> }
    </mat-form-field>
    <mat-form-field [floatLabel]="usual() === '' ? 'auto' : 'always'">
      <mat-label i18n>CPU</mat-label>
      <input matInput type="number" step="any" [formField]="fields().cpus" [placeholder]="usual()">
      <span matTextSuffix i18n>cores</span>
      @if (fields().cpus().errors()[0]; as error) { <mat-error>{{ error.message }}</mat-error> }
    </mat-form-field>
    <mat-form-field [floatLabel]="usual() === '' ? 'auto' : 'always'">
      <mat-label i18n>Backups</mat-label>
      <input matInput type="number" step="any" [formField]="fields().backupGb" [placeholder]="usual()">
      <span matTextSuffix i18n>GB</span>
      @if (fields().backupGb().errors()[0]; as error) { <mat-error>{{ error.message }}</mat-error> }
    </mat-form-field>
  `,
  styles: ':host { display: grid; gap: 0 12px; grid-template-columns: repeat(auto-fill, minmax(min(9.5rem, 100%), 1fr)); }',
})
export class QuotaFields {
  readonly fields = input.required<FieldTree<QuotaValues>>();
  /** What an empty field stands for. */
  readonly usual = input('');
}
