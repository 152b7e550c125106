import { Component, computed, effect, inject, input, linkedSignal, resource, untracked } from '@angular/core';
import { form, FormField, validate } from '@angular/forms/signals';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { Router, RouterLink } from '@angular/router';
import { Api, answered } from '../api/api';
import { toApiError } from '../api/api-error';
import { buildSlug, instanceNameProblem } from '../api/generated/names';
import { Templates } from '../api/templates';
import type { Template } from '../api/types';
import { LiveDatabases } from '../live/live-databases';
import { PageHeading } from '../shell/page-heading';
import { Session } from '../sign-in/session';
import { attempt } from '../ui/attempt';
import { formatBytes } from '../ui/bytes';
import { draft } from '../ui/draft';
import { DurationSelect } from '../ui/duration-select';
import { CPUS, MEMORY_MB, REMOVE_AFTER, SLEEP_AFTER, TTL } from '../ui/policy-choices';
import { ProblemNote } from '../ui/problem';
import { newDatabase, NOTHING_CHOSEN } from './order';
import { suggestedName } from './suggested-name';
import { TemplateCards } from './template-cards';

const MB = 1024 ** 2;
/** Key of the template of what was made last, in this browser. */
const LAST = 'dbm.template';

/** From nothing to a database in one page: what kind, what name, and for whom it matters, how large and for how long. */
@Component({
  selector: 'dbm-create-page',
  imports: [DurationSelect, FormField, MatButtonModule, MatFormFieldModule, MatInputModule, MatProgressBarModule, PageHeading, ProblemNote, RouterLink, TemplateCards],
  templateUrl: './create-page.html',
  styleUrl: './create-page.scss',
})
export class CreatePage {
  readonly #client = inject(Api).client;
  readonly #router = inject(Router);
  readonly #templates = inject(Templates);
  readonly #live = inject(LiveDatabases);
  readonly #username = inject(Session).profile()?.username ?? '';
  readonly #order = draft('new', NOTHING_CHOSEN);
  /** The same for as long as the same is asked for: a try whose answer was lost makes no second database. */
  readonly #key = linkedSignal({ source: this.#order, computation: () => crypto.randomUUID() });
  /** Key of a template, of the address. */
  readonly template = input<string>();

  protected readonly memories = MEMORY_MB.map((mb) => ({ value: String(mb), text: formatBytes(mb * MB) }));
  protected readonly cpus = CPUS.map(String);
  protected readonly sleepAfter = ['', ...SLEEP_AFTER];
  protected readonly removeAfter = ['', ...REMOVE_AFTER];
  protected readonly ttl = ['', ...TTL];
  protected readonly templates = resource({ loader: () => this.#templates.list() });
  protected readonly failedToLoad = computed(() => { const error = this.templates.error(); return error === undefined ? null : toApiError(error); });
  protected readonly creating = attempt();
  protected readonly order = form(this.#order, (path) => {
    validate(path.name, ({ value }) => {
      const problem = value() === '' ? $localize`is needed` : instanceNameProblem(value());
      return problem === null ? null : { kind: 'name', message: $localize`The name ${problem}:problem:.` };
    });
    validate(path.template, ({ value }) => (value() === '' ? { kind: 'template', message: $localize`Choose a template.` } : null));
  });
  protected readonly chosen = computed(() => this.#find(this.#order().template));
  /** Its last part is drawn when it is made. */
  protected readonly slug = computed(() => { const template = this.chosen(); return template === undefined ? null : buildSlug(this.#username, template.type, '····'); });

  constructor() {
    // Whoever wants the usual has only to say so.
    effect(() => {
      const first = [this.template(), localStorage.getItem(LAST)].map((key) => this.#find(key ?? '')).find((template) => template !== undefined && isThere(template));
      const usual = first ?? (this.templates.hasValue() ? this.templates.value().find(isThere) : undefined);
      if (usual !== undefined && untracked(this.#order).template === '') untracked(() => this.choose(usual.key));
    });
    let suggestion = '';
    effect(() => {
      const chosen = this.chosen();
      if (chosen === undefined) return;
      const next = suggestedName(chosen.type, this.#live.all().filter(({ owner }) => owner === this.#username).map(({ name }) => name));
      const isThought = !['', suggestion].includes(untracked(this.#order).name); // of somebody, who shall keep it
      suggestion = next;
      if (!isThought) untracked(() => this.order.name().value.set(next));
    });
  }

  protected choose(key: string): void {
    this.order.template().value.set(key);
  }

  protected async create(): Promise<void> {
    this.order().markAsTouched();
    if (!this.order().valid()) return;
    await this.creating.run(async () => {
      const header = { 'idempotency-key': this.#key() };
      const made = await answered(this.#client.POST('/api/containers', { params: { header }, body: newDatabase(this.#order()) }));
      localStorage.setItem(LAST, this.#order().template);
      await this.#router.navigate(['/databases', made.id]);
    });
  }

  #find(key: string): Template | undefined {
    return this.templates.hasValue() ? this.templates.value().find((template) => template.key === key) : undefined;
  }
}

const isThere = ({ availability }: Template): boolean => availability?.available !== false;
