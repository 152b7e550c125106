import { Component, computed, inject, resource, signal } from '@angular/core';
import { form, FormField, submit, validate } from '@angular/forms/signals';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { Router, RouterLink } from '@angular/router';
import { Api, answered } from '../api/api';
import { toApiError } from '../api/api-error';
import type { ApiError } from '../api/api-error';
import { buildSlug, instanceNameProblem } from '../api/generated/names';
import { Templates } from '../api/templates';
import { PageHeading } from '../shell/page-heading';
import { Session } from '../sign-in/session';
import { formatBytes } from '../ui/bytes';
import { draft } from '../ui/draft';
import { DurationSelect } from '../ui/duration-select';
import { CPUS, MEMORY_MB, REMOVE_AFTER, SLEEP_AFTER } from '../ui/policy-choices';
import { ProblemNote } from '../ui/problem';
import { newDatabase, NOTHING_CHOSEN } from './order';
import { TemplateCards } from './template-cards';

const MB = 1024 ** 2;

/** From nothing to a database in one page: what kind, what name, and for whom it matters, how large and for how long. */
@Component({
  selector: 'dbm-create-page',
  imports: [DurationSelect, FormField, MatButtonModule, MatFormFieldModule, MatInputModule, MatProgressBarModule, PageHeading, ProblemNote, RouterLink, TemplateCards],
  templateUrl: './create-page.html',
  styleUrl: './create-page.scss',
})
export class CreatePage {
  readonly #api = inject(Api);
  readonly #router = inject(Router);
  readonly #templates = inject(Templates);
  readonly #username = inject(Session).profile()?.username ?? '';
  readonly #order = draft('new', NOTHING_CHOSEN);

  protected readonly memories = MEMORY_MB.map((mb) => ({ value: String(mb), text: formatBytes(mb * MB) }));
  protected readonly cpus = CPUS.map(String);
  protected readonly sleepAfter = ['', ...SLEEP_AFTER];
  protected readonly removeAfter = ['', ...REMOVE_AFTER];
  protected readonly templates = resource({ loader: async () => this.#templates.list() });
  protected readonly failedToLoad = computed(() => { const error = this.templates.error(); return error === undefined ? null : toApiError(error); });
  protected readonly problem = signal<ApiError | null>(null);
  protected readonly order = form(this.#order, (path) => {
    validate(path.name, ({ value }) => {
      const problem = value() === '' ? $localize`is needed` : instanceNameProblem(value());
      return problem === null ? null : { kind: 'name', message: $localize`The name ${problem}:problem:.` };
    });
    validate(path.template, ({ value }) => (value() === '' ? { kind: 'template', message: $localize`Choose a template.` } : null));
  });
  protected readonly template = computed(() => this.templates.value()?.find(({ key }) => key === this.#order().template));
  /** Its last part is drawn when it is made. */
  protected readonly slug = computed(() => { const template = this.template(); return template === undefined ? null : buildSlug(this.#username, template.type, '····'); });

  protected choose(template: string): void {
    this.order.template().value.set(template);
  }

  protected async create(): Promise<void> {
    this.problem.set(null);
    await submit(this.order, async () => {
      try {
        const made = await answered(this.#api.client.POST('/api/containers', { params: { header: { 'idempotency-key': crypto.randomUUID() } }, body: newDatabase(this.#order()) }));
        await this.#router.navigate(['/databases', made.id]);
      } catch (error) {
        this.problem.set(toApiError(error));
      }
    });
  }
}
