import { Component, computed, inject, input, linkedSignal, signal } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { Api, answered } from '../../api/api';
import { toApiError } from '../../api/api-error';
import type { ApiError } from '../../api/api-error';
import type { Connection, Database } from '../../api/types';
import { CopyButton } from '../../ui/copy-button';
import { Icon } from '../../ui/icon';
import { ProblemNote } from '../../ui/problem';
import { clientName } from './client-name';
import { masked } from './masked';

/** How to connect. The password is fetched only when somebody asks to see or to copy it: each time is written to the audit. */
@Component({
  selector: 'dbm-connection-card',
  imports: [CopyButton, Icon, MatButtonModule, MatFormFieldModule, MatInputModule, ProblemNote],
  templateUrl: './connection-card.html',
  styleUrl: './connection-card.scss',
})
export class ConnectionCard {
  readonly #api = inject(Api);
  readonly database = input.required<Database>();

  readonly #id = computed(() => this.database().id);
  /** Of the database that is shown; a new password makes the one that was fetched worthless. */
  readonly #fetched = linkedSignal<string, Connection | null>({ source: this.#id, computation: () => null });
  protected readonly isRevealed = linkedSignal<string, boolean>({ source: this.#id, computation: () => false });
  protected readonly problem = signal<ApiError | null>(null);
  protected readonly client = signal('uri');

  protected readonly connection = computed(() => {
    const connection = this.#fetched();
    return connection === null || this.isRevealed() ? connection : masked(connection);
  });
  protected readonly clients = computed(() => Object.keys(this.connection()?.clients ?? {}).map((key) => ({ key, name: clientName(key) })));
  protected readonly snippet = computed(() => this.connection()?.clients[this.client()] ?? this.connection()?.connectionString ?? null);

  protected readonly copyString = async (): Promise<string | null> => (await this.#fetch())?.connectionString ?? null;
  protected readonly copySnippet = async (): Promise<string | null> => (await this.#fetch())?.clients[this.client()] ?? null;
  protected readonly copyPassword = async (): Promise<string | null> => (await this.#fetch())?.password ?? null;

  protected async toggle(): Promise<void> {
    if (this.isRevealed()) this.isRevealed.set(false);
    else this.isRevealed.set((await this.#fetch()) !== null);
  }

  async #fetch(): Promise<Connection | null> {
    this.problem.set(null);
    try {
      const connection = await answered(this.#api.client.GET('/api/containers/{id}/connection', { params: { path: { id: this.#id() } } }));
      this.#fetched.set(connection);
      return connection;
    } catch (error) {
      this.problem.set(toApiError(error));
      return null;
    }
  }
}
