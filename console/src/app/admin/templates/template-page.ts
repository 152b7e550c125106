import { Component, computed, inject, input, resource } from '@angular/core';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { RouterLink } from '@angular/router';
import { Api, answered } from '../../api/api';
import { toApiError } from '../../api/api-error';
import { PageHeading } from '../../shell/page-heading';
import { Icon } from '../../ui/icon';
import { ProblemNote } from '../../ui/problem';
import { TemplateEditor } from './template-editor';
import { EMPTY, partsOf } from './template-values';
import type { TemplateParts } from './template-values';

/** A new template, one made after another, or one that is changed. */
@Component({
  selector: 'dbm-template-page',
  imports: [Icon, MatProgressBarModule, PageHeading, ProblemNote, RouterLink, TemplateEditor],
  template: `
    <a class="back" routerLink="/admin/templates"><dbm-icon name="back" /><span i18n>Templates</span></a>
    @if (key() === undefined) { <h1 dbmPageHeading i18n>New template</h1> } @else { <h1 dbmPageHeading>{{ existing()?.name ?? key() }}</h1> }
    @if (existing(); as template) {
      @if (key() !== undefined) {
        <p class="dbm-quiet">
          @if (template.builtin) { <ng-container i18n>This one is built in. Once you have changed it, it stays as you made it, also when DbMaker is updated.</ng-container> }
          <ng-container i18n>Existing databases stay as they are.</ng-container>
        </p>
      }
    }
    @if (failedToLoad(); as problem) { <dbm-problem [problem]="problem" /> }
    @if (initial(); as initial) { <dbm-template-editor [initial]="initial" [key]="key() ?? null" [place]="place()" /> }
    @else if (failedToLoad() === null) { <mat-progress-bar mode="indeterminate" aria-label="The template is being fetched" i18n-aria-label /> }
  `,
  styles: ':host { display: grid; gap: 16px; min-width: 0; } h1 { overflow-wrap: anywhere; } .back { display: inline-flex; gap: 6px; align-items: center; justify-self: start; }',
})
export class TemplatePage {
  readonly #client = inject(Api).client;
  /** Of the address: which one is changed. */
  readonly key = input<string>();
  /** Of the address: after which one a new one is made. */
  readonly from = input<string>();
  readonly #source = computed(() => this.key() ?? this.from());
  readonly #fetched = resource({ params: () => this.#source(), loader: async ({ params: name }) => answered(this.#client.GET('/api/templates/{name}', { params: { path: { name } } })) });
  protected readonly existing = computed(() => (this.#fetched.hasValue() ? this.#fetched.value() : null));
  protected readonly failedToLoad = computed(() => { const error = this.#fetched.error(); return error === undefined ? null : toApiError(error); });
  /** Of what is typed, should it have to be kept. */
  protected readonly place = computed(() => (this.key() === undefined ? `new ${this.from() ?? ''}` : `change ${this.key() ?? ''}`));
  protected readonly initial = computed<TemplateParts | null>(() => {
    if (this.#source() === undefined) return { values: EMPTY, rest: {} };
    const template = this.existing();
    if (template === null) return null;
    const { values, rest } = partsOf({ ...template });
    return { rest, values: this.key() === undefined ? { ...values, name: $localize`${values.name}:name: copy` } : values };
  });
}
