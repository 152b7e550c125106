import { Component, computed, input, linkedSignal, output } from '@angular/core';
import { form, FormField, submit, validate } from '@angular/forms/signals';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import type { ApiError } from '../api/api-error';
import { inWordsOfFields } from '../ui/field-problem';
import { ProblemNote } from '../ui/problem';
import { EventChoices } from './event-choice';

export interface WebhookValues {
  readonly url: string;
  readonly types: readonly string[];
}

/** Where a webhook leads and of what it tells. */
@Component({
  selector: 'dbm-webhook-form',
  imports: [EventChoices, FormField, MatButtonModule, MatFormFieldModule, MatInputModule, ProblemNote],
  template: `
    <form (submit)="save(); $event.preventDefault()" novalidate>
      @if (urlCanChange()) {
        <mat-form-field subscriptSizing="dynamic">
          <mat-label i18n>Address (URL)</mat-label>
          <input matInput type="url" [formField]="fields.url" autocomplete="off" autocapitalize="none" spellcheck="false" placeholder="https://hooks.example.com/dbmaker">
          <mat-hint i18n>Events are sent there by POST, as JSON, signed.</mat-hint>
          @if (fields.url().errors()[0]; as error) { <mat-error>{{ error.message }}</mat-error> }
        </mat-form-field>
      }
      <dbm-event-choice [formField]="fields.types" />
      @if (fields.types().touched() && fields.types().errors()[0]; as error) { <p class="error" role="alert">{{ error.message }}</p> }
      @if (told(); as problem) { <dbm-problem [problem]="problem" /> }
      <div class="dbm-row"><button matButton="filled" type="submit" [disabled]="busy()">{{ act() }}</button><ng-content /></div>
    </form>
  `,
  styles: 'form { display: grid; gap: 16px; } .error { color: var(--mat-sys-error); }',
})
export class WebhookForm {
  readonly values = input<WebhookValues>({ url: '', types: ['*'] });
  /** Whose address is not shown in full cannot be edited. */
  readonly urlCanChange = input(true);
  /** What the button says. */
  readonly act = input.required<string>();
  readonly busy = input(false);
  readonly problem = input<ApiError | null>(null);
  readonly saved = output<WebhookValues>();
  protected readonly fields = form(linkedSignal(() => this.values()), (path) => {
    validate(path.url, ({ value }) => (URL.canParse(value().trim()) ? null : { kind: 'url', message: $localize`An address such as https://hooks.example.com/dbmaker is needed.` }));
    validate(path.types, ({ value }) => (value().length > 0 ? null : { kind: 'types', message: $localize`Choose at least one event.` }));
  });

  protected readonly told = computed(() => inWordsOfFields(this.problem(), { '/url': $localize`The address`, '/types': $localize`The list of events`, '/types/*': $localize`A type of event` }));

  protected async save(): Promise<void> {
    await submit(this.fields, () => {
      const { url, types } = this.fields().value();
      this.saved.emit({ url: url.trim(), types });
      return Promise.resolve(undefined);
    });
  }
}
