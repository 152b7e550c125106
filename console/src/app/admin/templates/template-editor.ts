import { afterNextRender, Component, computed, effect, ElementRef, inject, Injector, input, linkedSignal, signal, untracked } from '@angular/core';
import { form, FormField, submit, validate } from '@angular/forms/signals';
import type { SchemaPath } from '@angular/forms/signals';
import { MatButtonModule } from '@angular/material/button';
import { MAT_FORM_FIELD_DEFAULT_OPTIONS, MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { Router, RouterLink } from '@angular/router';
import { Api, answered } from '../../api/api';
import type { ApiError } from '../../api/api-error';
import { attempt } from '../../ui/attempt';
import { draft } from '../../ui/draft';
import { ProblemNote } from '../../ui/problem';
import { liveCheck } from './live-check';
import { EMPTY, documentOf, isObject, partsOf, withoutSecrets } from './template-values';
import type { TemplateParts, TemplateValues } from './template-values';
import { otherProblems, problemAt } from './template-words';
import { TestRun } from './test-run';

/** A template as a form or as JSON, checked as it is typed, tried before it is saved. */
@Component({
  selector: 'dbm-template-editor',
  imports: [FormField, MatButtonModule, MatFormFieldModule, MatInputModule, ProblemNote, RouterLink, TestRun],
  providers: [{ provide: MAT_FORM_FIELD_DEFAULT_OPTIONS, useValue: { subscriptSizing: 'dynamic' } }], // what is wrong takes more than a line, now and then
  templateUrl: './template-editor.html',
  styleUrl: './template-editor.scss',
})
export class TemplateEditor {
  readonly #client = inject(Api).client;
  readonly #router = inject(Router);
  readonly #injector = inject(Injector);
  readonly #element = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
  readonly initial = input.required<TemplateParts>();
  /** Of the one that is changed; null: it is a new one. */
  readonly key = input.required<string | null>();
  /** Names what is edited, among what is kept of typed forms. */
  readonly place = input.required<string>();

  readonly #kept = draft('template', { place: '', ...withoutSecrets(EMPTY) });
  readonly #values = linkedSignal<TemplateParts, TemplateValues>({
    source: this.initial,
    computation: ({ values }) => {
      const { place, ...kept } = untracked(this.#kept);
      return place === untracked(this.place) ? { ...values, ...kept } : values;
    },
  });
  readonly #rest = linkedSignal(() => this.initial().rest);
  protected readonly view = linkedSignal<TemplateParts, 'form' | 'json'>({ source: this.initial, computation: () => 'form' });
  protected readonly json = signal('');
  readonly #parsed = computed(() => parse(this.json()));
  protected readonly unreadable = computed(() => (this.view() === 'json' ? this.#parsed().problem : null));
  /** What would be saved; undefined: what is typed is no JSON. */
  readonly #document = computed(() => (this.view() === 'json' ? this.#parsed().document : documentOf({ values: this.#values(), rest: this.#rest() })));
  protected readonly text = computed(() => { const document = this.#document(); return document === undefined ? null : JSON.stringify(document); });
  protected readonly check = liveCheck(() => this.text());
  /** As the server last said: who listens to the page need not hear of every key. */
  protected readonly isRight = computed(() => this.check.answered() && this.check.problem() === null && this.wrong() === 0);
  protected readonly isValid = computed(() => this.text() !== null && !this.check.pending() && this.isRight());
  protected readonly others = computed(() => otherProblems(this.check.fields()));
  /** All of it, where there are no fields beside which it could stand. */
  protected readonly inJson = computed(() => Object.entries(this.check.fields()).map(([pointer, problem]) => ({ pointer, problem })));
  protected readonly wrong = computed(() => Object.keys(this.check.fields()).length);
  protected readonly onlyInJson = computed(() => ({ environment: this.#rest()['environmentVariables'] !== undefined, command: this.#rest()['command'] !== undefined }));
  /** In the part that is folded away: what is wrong is not hidden. */
  protected readonly detailsWrong = computed(() => ['/dataPath', '/socketDirectory', '/endpoint', '/protocol'].some((pointer) => pointer in this.check.fields()));
  /** In braces they would be Angular's own. */
  protected readonly variables = ['username', 'password', 'subdomain', 'port', 'database', 'hostname', 'slug', 'name', 'id'].map((name) => `{${name}}`).join(' ');
  protected readonly saving = attempt();
  protected readonly problem = computed<ApiError | null>(() => this.saving.problem() ?? this.check.problem());

  protected readonly fields = form(this.#values, (path) => {
    const at = (field: SchemaPath<string>, pointer: string): void => validate(field, () => this.#saidOf(pointer));
    for (const name of ['name', 'type', 'image', 'defaultPort', 'connectionStringTemplate', 'description', 'version', 'icon', 'engine', 'endpoint', 'protocol', 'dataPath', 'socketDirectory', 'command'] as const) at(path[name], `/${name}`);
    for (const name of ['memory', 'cpus', 'pids'] as const) at(path[name], `/resources/${name}`);
    for (const name of ['sleepAfter', 'removeAfter', 'ttl'] as const) at(path[name], `/policies/${name}`);
    at(path.environment, '/environmentVariables');
  });

  constructor() {
    effect(() => {
      this.#kept.set({ place: this.place(), ...withoutSecrets(this.#values()) });
    });
  }

  protected showForm(): void {
    const { document } = this.#parsed();
    if (this.view() === 'form' || !isObject(document)) return;
    const { values, rest } = partsOf(document);
    this.#values.set(values);
    this.#rest.set(rest);
    this.view.set('form');
  }

  protected showJson(): void {
    if (this.view() === 'json') return;
    this.json.set(JSON.stringify(this.#document(), null, 2));
    this.view.set('json');
  }

  protected async save(): Promise<void> {
    await this.saving.run(async () => {
      const valid = await this.check.now();
      await submit(this.fields, () => Promise.resolve(undefined)); // everything counts as touched from now on
      const document = this.#document();
      if (!valid || document === undefined) return this.#goToFault();
      const [body, key] = [document as never, this.key()]; // the server has just said that it is one
      if (key === null) await answered(this.#client.POST('/api/templates', { body }));
      else await answered(this.#client.PUT('/api/templates/{name}', { params: { path: { name: key } }, body }));
      await this.#router.navigateByUrl('/admin/templates');
    });
  }

  #saidOf(pointer: string): { kind: string; message: string } | null {
    const message = problemAt(this.check.fields(), pointer);
    return message === null ? null : { kind: 'server', message };
  }

  #goToFault(): void {
    afterNextRender(() => this.#element.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(), { injector: this.#injector });
  }
}

function parse(text: string): { document?: unknown; problem: string | null } {
  try {
    return { document: JSON.parse(text) as unknown, problem: null };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
