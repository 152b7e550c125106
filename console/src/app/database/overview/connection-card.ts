import { Component, computed, DestroyRef, inject, input, linkedSignal, resource } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { Api, answered } from '../../api/api';
import { toApiError } from '../../api/api-error';
import type { Connection, Database } from '../../api/types';
import { PageHeading } from '../../shell/page-heading';
import { attempt } from '../../ui/attempt';
import { CopyButton } from '../../ui/copy-button';
import { Icon } from '../../ui/icon';
import { ProblemNote } from '../../ui/problem';
import { CurrentDatabase } from '../current-database';
import { clientName } from './client-name';

/** Named by snippets that need the certificate of our own authority. */
const CA_FILE = 'dbmaker-ca.pem';

/** What most people try first. */
const FIRST_CLIENT: Readonly<Record<string, string>> = { postgresql: 'psql', redis: 'redis-cli' };

/** How to connect. The password is fetched only when somebody asks to see or to copy it: each time is written to the audit. */
@Component({
  selector: 'dbm-connection-card',
  imports: [CopyButton, Icon, MatButtonModule, MatFormFieldModule, MatInputModule, PageHeading, ProblemNote],
  templateUrl: './connection-card.html',
  styleUrl: './connection-card.scss',
})
export class ConnectionCard {
  readonly #client = inject(Api).client;
  readonly database = input.required<Database>();

  readonly #id = computed(() => this.database().id);
  /** What the strings hang on: most of what happens to a database changes nothing of them. */
  readonly #way = computed(() => `${this.#id()} ${this.database().tlsOnly}`);
  /** With dots for the password. */
  readonly #address = resource({
    params: () => this.#way(),
    loader: async () => answered(this.#client.GET('/api/containers/{id}/address', { params: { path: { id: this.#id() } } })),
  });
  /** With the password; null: it is not shown. */
  readonly #revealed = linkedSignal<string, Connection | null>({ source: this.#way, computation: () => null });
  protected readonly getting = attempt();
  protected readonly problem = computed(() => {
    const error = this.#address.error();
    return this.getting.problem() ?? (error === undefined ? null : toApiError(error));
  });
  protected readonly isRevealed = computed(() => this.#revealed() !== null);
  protected readonly client = linkedSignal(() => FIRST_CLIENT[this.database().engine] ?? 'env');

  protected readonly connection = computed(() => this.#revealed() ?? (this.#address.hasValue() ? this.#address.value() : null));
  protected readonly clients = computed(() => Object.keys(this.connection()?.clients ?? {}).map((key) => ({ key, name: clientName(key) })));
  protected readonly snippet = computed(() => this.connection()?.clients[this.client()] ?? this.connection()?.connectionString ?? '');
  protected readonly needsAuthority = computed(() => Object.values(this.connection()?.clients ?? {}).some((text) => text.includes(CA_FILE)));
  protected readonly snippetNeedsAuthority = computed(() => this.snippet().includes(CA_FILE));

  protected readonly copyString = async (): Promise<string | null> => (await this.#withPassword())?.connectionString ?? null;
  protected readonly copySnippet = async (): Promise<string | null> => (await this.#withPassword())?.clients[this.client()] ?? null;
  protected readonly copyPassword = async (): Promise<string | null> => (await this.#withPassword())?.password ?? null;

  constructor() {
    // A new password makes the one that was fetched worthless.
    inject(CurrentDatabase).events.pipe(takeUntilDestroyed(inject(DestroyRef))).subscribe(({ containerId, type }) => {
      if (containerId === this.#id() && type === 'instance.password-rotated') this.#revealed.set(null);
    });
  }

  protected async toggle(): Promise<void> {
    this.#revealed.set(this.isRevealed() ? null : await this.#withPassword());
  }

  async #withPassword(): Promise<Connection | null> {
    const id = this.#id();
    let connection: Connection | null = null;
    await this.getting.run(async () => { connection = await answered(this.#client.GET('/api/containers/{id}/connection', { params: { path: { id } } })); });
    return connection;
  }
}
