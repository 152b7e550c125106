import { Component, computed, inject, linkedSignal, signal } from '@angular/core';
import { form, FormField, submit, validate } from '@angular/forms/signals';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { Api, answered } from '../../api/api';
import { toApiError } from '../../api/api-error';
import type { ApiError } from '../../api/api-error';
import { instanceNameProblem } from '../../api/generated/names';
import { formatBytes } from '../../ui/bytes';
import { DurationSelect } from '../../ui/duration-select';
import { CPUS, MEMORY_MB, REMOVE_AFTER, SLEEP_AFTER } from '../../ui/policy-choices';
import { ProblemNote } from '../../ui/problem';
import { CurrentDatabase } from '../current-database';
import { changeOf, followed, settingsOf, withChoice } from './change';
import type { SettingsValues } from './change';

/** Name, size, and what happens when nobody uses it. */
@Component({
  selector: 'dbm-settings',
  imports: [DurationSelect, FormField, MatButtonModule, MatFormFieldModule, MatInputModule, ProblemNote],
  templateUrl: './settings.html',
  styleUrl: './settings.scss',
})
export class Settings {
  readonly #api = inject(Api);
  protected readonly current = inject(CurrentDatabase);
  readonly #now = computed(() => ({ id: this.current.id(), settings: settingsOf(this.current.database()) }));
  /** As it is, but for what somebody types; that is begun anew only with another database. */
  readonly #values = linkedSignal<{ id: string; settings: SettingsValues }, SettingsValues>({
    source: this.#now,
    computation: ({ id, settings }, before) => (before?.source.id === id ? followed(before.value, before.source.settings, settings) : settings),
  });
  protected readonly sleepAfter = SLEEP_AFTER;
  protected readonly removeAfter = REMOVE_AFTER;
  protected readonly memories = computed(() => withChoice(MEMORY_MB, this.#values().memoryMb).map((mb) => ({ value: mb, text: formatBytes(Number(mb) * 1024 ** 2) })));
  protected readonly cpus = computed(() => withChoice(CPUS, this.#values().cpus));
  protected readonly saved = signal(false);
  protected readonly problem = signal<ApiError | null>(null);
  protected readonly settings = form(this.#values, (path) => {
    validate(path.name, ({ value }) => {
      const problem = instanceNameProblem(value());
      return problem === null ? null : { kind: 'name', message: $localize`The name ${problem}:problem:.` };
    });
  });
  protected readonly change = computed(() => changeOf(this.#now().settings, this.#values()));

  protected async save(): Promise<void> {
    const body = this.change();
    if (body === null) return;
    this.saved.set(false);
    this.problem.set(null);
    await submit(this.settings, async () => {
      try {
        await answered(this.#api.client.PATCH('/api/containers/{id}', { params: { path: { id: this.current.id() } }, body }));
        this.saved.set(true);
      } catch (error) {
        this.problem.set(toApiError(error));
      }
    });
  }
}
