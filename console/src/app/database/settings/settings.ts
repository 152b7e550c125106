import { Component, computed, inject, linkedSignal, resource, signal } from '@angular/core';
import { form, FormField, validate } from '@angular/forms/signals';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { Api, answered } from '../../api/api';
import { parseAddressRange } from '../../api/generated/address-range';
import { instanceNameProblem } from '../../api/generated/names';
import { Templates } from '../../api/templates';
import { PageHeading } from '../../shell/page-heading';
import { attempt } from '../../ui/attempt';
import { formatBytes } from '../../ui/bytes';
import { DurationSelect } from '../../ui/duration-select';
import { CPUS, MEMORY_MB, REMOVE_AFTER, SLEEP_AFTER, TTL } from '../../ui/policy-choices';
import { inWordsOfFields } from '../../ui/field-problem';
import { ProblemNote } from '../../ui/problem';
import { CurrentDatabase } from '../current-database';
import { changeOf, followed, settingsOf, sourcesIn, withChoice } from './change';
import type { SettingsValues } from './change';

/** As the API calls them -> as the form does. */
const FIELDS: Readonly<Record<string, string>> = {
  '/name': $localize`The name`, '/resources/memory': $localize`The memory`, '/resources/cpus': $localize`The number of CPUs`, '/sleepAfter': $localize`The time after which it sleeps`,
  '/removeAfter': $localize`The time after which it is removed without use`, '/ttl': $localize`The time after which it is removed in any case`, '/keep': $localize`Keeping it`,
  '/allowedSources/*': $localize`An address`, '/allowedSources': $localize`The list of addresses`,
};
const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** Name, size, what happens when nobody uses it, and who may connect. */
@Component({
  selector: 'dbm-settings',
  imports: [DurationSelect, FormField, MatButtonModule, MatFormFieldModule, MatInputModule, PageHeading, ProblemNote],
  templateUrl: './settings.html',
  styleUrl: './settings.scss',
})
export class Settings {
  readonly #client = inject(Api).client;
  readonly #templates = inject(Templates);
  readonly #current = inject(CurrentDatabase);
  readonly #now = computed(() => ({ id: this.#current.id(), settings: settingsOf(this.#current.database()) }));
  /** As it is, but for what somebody types; that is begun anew only with another database. */
  readonly #values = linkedSignal<{ id: string; settings: SettingsValues }, SettingsValues>({
    source: this.#now,
    computation: ({ id, settings }, before) => (before?.source.id === id ? followed(before.value, before.source.settings, settings) : settings),
  });
  readonly #allTemplates = resource({ loader: () => this.#templates.list() });

  protected readonly sleepAfter = SLEEP_AFTER;
  protected readonly removeAfter = REMOVE_AFTER;
  protected readonly ttl = ['', ...TTL];
  protected readonly memories = computed(() => withChoice(MEMORY_MB, this.#values().memoryMb).map((mb) => ({ value: mb, text: formatBytes(Number(mb) * 1024 ** 2) })));
  protected readonly cpus = computed(() => withChoice(CPUS, this.#values().cpus));
  /** The longest that an admin lets people ask for; the server has the last word. */
  protected readonly allow = computed(() => (this.#allTemplates.hasValue() ? this.#allTemplates.value().find(({ key }) => key === this.#current.database()?.template)?.policies?.allow : undefined));
  protected readonly mayKeep = computed(() => this.#values().keep || (this.allow()?.removeAfter === undefined && this.allow()?.ttl === undefined));
  protected readonly asItIs = computed(() => {
    const expiresAt = this.#current.database()?.expiresAt ?? null;
    return expiresAt === null ? $localize`no` : $localize`on ${WHEN.format(Date.parse(expiresAt))}:when:`;
  });
  protected readonly endHint = computed(() => (this.#values().ttl === '' ? $localize`Used or not.` : $localize`Used or not; counted from when it is saved.`));
  protected readonly saved = signal(false);
  protected readonly saving = attempt();
  protected readonly problem = computed(() => inWordsOfFields(this.saving.problem(), FIELDS));
  protected readonly settings = form(this.#values, (path) => {
    validate(path.name, ({ value }) => {
      const problem = instanceNameProblem(value());
      return problem === null ? null : { kind: 'name', message: $localize`The name ${problem}:problem:.` };
    });
    validate(path.allowedSources, ({ value }) => {
      const wrong = sourcesIn(value()).find((source) => parseAddressRange(source) === undefined);
      return wrong === undefined ? null : { kind: 'source', message: $localize`“${wrong}:source:” is no address and no range such as 10.0.0.7, 10.0.0.0/8 or 2001:db8::/32.` };
    });
  });
  protected readonly change = computed(() => changeOf(this.#now().settings, this.#values()));

  protected discard(): void {
    this.#values.set(this.#now().settings);
    this.saving.forget();
  }

  protected async save(): Promise<void> {
    const body = this.change();
    this.settings().markAsTouched();
    if (body === null || !this.settings().valid()) return;
    this.saved.set(false);
    const sent = this.#values();
    const worked = await this.saving.run(async () => {
      const saved = await answered(this.#client.PATCH('/api/containers/{id}', { params: { path: { id: this.#current.id() } }, body }));
      if (saved.id !== this.#current.id()) return;
      this.#values.update((typed) => followed(typed, sent, settingsOf(saved))); // as the server writes it; and the end of a life is said once
    });
    this.saved.set(worked);
  }
}
