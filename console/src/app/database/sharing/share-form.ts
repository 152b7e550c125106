import { Component, inject, input, output, signal } from '@angular/core';
import { form, FormField, validate } from '@angular/forms/signals';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { Api, answered } from '../../api/api';
import { attempt } from '../../ui/attempt';
import { ProblemNote } from '../../ui/problem';
import { SHARED_AS } from './access-words';
import type { SharedAs } from './access-words';

const EMPTY = { username: '', access: 'viewer' as SharedAs };

/** Shares a database with somebody else. */
@Component({
  selector: 'dbm-share-form',
  imports: [FormField, MatButtonModule, MatFormFieldModule, MatInputModule, ProblemNote],
  template: `
    <form class="dbm-card" (submit)="share(); $event.preventDefault()" novalidate aria-labelledby="share-title">
      <h3 id="share-title" i18n>Share it with somebody</h3>
      <mat-form-field subscriptSizing="dynamic">
        <mat-label i18n>Username</mat-label>
        <input matInput [formField]="values.username" autocomplete="off" autocapitalize="none" spellcheck="false">
        <mat-hint i18n>As in their profile; the addresses of their databases begin with it.</mat-hint>
        @if (values.username().errors()[0]; as error) { <mat-error>{{ error.message }}</mat-error> }
      </mat-form-field>
      <fieldset>
        <legend i18n>As what?</legend>
        @for (one of sharedAs; track one.access) {
          <label class="choice">
            <input type="radio" name="access" [value]="one.access" [checked]="values.access().value() === one.access" (change)="values.access().value.set(one.access)">
            <span><strong>{{ one.name }}</strong> {{ one.text }}</span>
          </label>
        }
      </fieldset>
      @if (sharing.problem(); as problem) { <dbm-problem [problem]="problem" /> }
      <div class="dbm-row">
        <button matButton="filled" type="submit" [disabled]="sharing.busy()" i18n>Share</button>
        <span role="status" class="dbm-quiet">@if (sharedWith(); as name) { <ng-container i18n>{{ name }} has access now.</ng-container> }</span>
      </div>
    </form>
  `,
  styles: `
    fieldset { border: 0; margin: 0; padding: 0; display: grid; gap: 8px; min-inline-size: 0; }
    legend { padding: 0 0 4px; font: var(--mat-sys-label-large); }
    .choice { display: flex; gap: 8px; align-items: flex-start; }
    mat-form-field { max-width: 30rem; }
  `,
})
export class ShareForm {
  readonly #client = inject(Api).client;
  readonly databaseId = input.required<string>();
  readonly shared = output();
  protected readonly sharing = attempt();
  /** With whom it was just done. */
  protected readonly sharedWith = signal<string | null>(null);
  protected readonly sharedAs = SHARED_AS;
  readonly #values = signal(EMPTY);
  protected readonly values = form(this.#values, (path) => {
    validate(path.username, ({ value }) => (value().trim() === '' ? { kind: 'username', message: $localize`With whom?` } : null));
  });

  protected async share(): Promise<void> {
    this.sharedWith.set(null);
    this.values().markAsTouched();
    if (!this.values().valid()) return;
    const { username, access } = this.#values();
    await this.sharing.run(async () => {
      const path = { id: this.databaseId(), username: username.trim().toLowerCase() };
      const { displayName } = await answered(this.#client.PUT('/api/containers/{id}/shares/{username}', { params: { path }, body: { access } }));
      this.values().reset(EMPTY);
      this.sharedWith.set(displayName);
      this.shared.emit();
    });
  }
}
