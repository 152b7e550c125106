import { Component, computed, DestroyRef, effect, inject, input, linkedSignal, resource, signal, untracked } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { Api, answered } from '../../api/api';
import { AuthorisedFetch } from '../../api/authorised-fetch';
import type { Database } from '../../api/types';
import { CurrentDatabase } from '../../database/current-database';
import { ConnectionCard } from '../../database/overview/connection-card';
import { ProgressCard } from '../../database/overview/progress-card';
import { attempt } from '../../ui/attempt';
import { ProblemNote } from '../../ui/problem';
import { StateBadge } from '../../ui/state-badge';

const LOG_LINES = 50;

/** Tries a template before it is saved: a database is made of it, followed live, and taken away again with this page. */
@Component({
  selector: 'dbm-test-run',
  imports: [ConnectionCard, MatButtonModule, ProblemNote, ProgressCard, StateBadge],
  providers: [CurrentDatabase],
  template: `
    <section class="dbm-card" aria-labelledby="test-title">
      <div class="dbm-row">
        <h2 id="test-title" i18n>Test run</h2>
        @if (trial(); as one) { <dbm-state-badge class="dbm-push" [database]="one" /> }
      </div>
      <p class="dbm-quiet" i18n>Makes a database of yours from the template above, without saving the template. It lives for 15 minutes at most, and is removed when you leave this page.</p>
      @if (trial(); as one) {
        @if (isOutdated()) { <p class="warn" role="status" i18n>The template has changed since this run.</p> }
        @if (one.status === 'running') { <p class="good" role="status"><strong i18n>It works.</strong>&ngsp;@if (one.version; as version) { <ng-container i18n>The engine reports version {{ version }}.</ng-container> }</p> }
        @if (one.status === 'failed') { <p class="bad" role="status"><strong i18n>It does not work.</strong></p> }
      } @else if (isGone()) { <p role="status" i18n>It is gone: its time was over, or somebody deleted it.</p> }
      @if (run.problem() ?? ending.problem(); as problem) { <dbm-problem [problem]="problem" /> }
      <div class="dbm-row">
        <button matButton="tonal" type="button" [disabled]="!canRun() || run.busy() || ending.busy()" (click)="start()">
          @if (id() === null) { <ng-container i18n>Try it</ng-container> } @else { <ng-container i18n>Try it again</ng-container> }
        </button>
        @if (trial() !== null) { <button matButton="outlined" type="button" [disabled]="run.busy() || ending.busy()" (click)="end()" i18n>Remove it</button> }
        @if (!canRun() && id() === null) { <span class="dbm-quiet" i18n>Fix the problems above first</span> }
      </div>
    </section>
    @if (trial(); as one) {
      <dbm-progress-card [database]="one" />
      @if (log(); as log) {
        <section class="dbm-card" aria-labelledby="test-log-title">
          <h2 id="test-log-title" i18n>What it wrote</h2>
          <pre tabindex="0" role="region" aria-labelledby="test-log-title">{{ log }}</pre>
        </section>
      }
      @if (one.status === 'running') { <dbm-connection-card [database]="one" /> }
    }
  `,
  styles: `
    :host { display: grid; gap: 16px; min-width: 0; }
    .good { color: var(--dbm-good); }
    .bad { color: var(--mat-sys-error); }
    .warn { color: var(--dbm-warn); }
    pre { overflow: auto; max-height: 16rem; margin: 0; padding: 8px; background: var(--mat-sys-surface-container-highest); border-radius: 8px; }
  `,
  host: { '(window:pagehide)': 'sendAway()' },
})
export class TestRun {
  readonly #client = inject(Api).client;
  readonly #fetch = inject(AuthorisedFetch);
  readonly #current = inject(CurrentDatabase);
  /** In JSON; null: there is none that could be read. */
  readonly document = input.required<string | null>();
  readonly canRun = input.required<boolean>();

  protected readonly id = signal<string | null>(null);
  readonly #made = signal<Database | null>(null);
  readonly #tried = signal<string | null>(null);
  /** Of which it is known that there is nothing to be taken away any more. */
  #over: string | null = null;
  #left = false;
  protected readonly run = attempt();
  protected readonly ending = attempt();
  /** As it is; what the API answered when it was made, until more is known of it. */
  protected readonly trial = computed(() => {
    if (this.id() === null || this.isGone()) return null;
    return this.#current.database() ?? this.#made();
  });
  protected readonly isGone = computed(() => this.id() !== null && this.#current.problem()?.code === 'not_found');
  protected readonly isOutdated = computed(() => this.#tried() !== this.document());
  /** The last try that failed, so that its log is read once for each. */
  readonly #failed = linkedSignal<Database | null, string | null>({
    source: this.trial,
    computation: (one) => (one?.status === 'failed' && one.reason?.logTail === undefined ? `${one.id} ${one.attempts}` : null),
  });
  /** Where the reason does not bring its end along. */
  readonly #log = resource({
    params: () => this.#failed() ?? undefined,
    loader: async ({ params }) => answered(this.#client.GET('/api/containers/{id}/logs', { params: { path: { id: params.split(' ')[0] ?? '' }, query: { tail: LOG_LINES } }, parseAs: 'text' })),
  });
  protected readonly log = computed(() => (this.#log.hasValue() && this.#log.value() !== '' ? this.#log.value() : null));

  constructor() {
    effect(() => this.#current.id.set(this.id() ?? ''));
    effect(() => { if (this.isGone()) this.#over = this.id(); });
    inject(DestroyRef).onDestroy(() => {
      this.#left = true;
      void this.#leave();
    });
  }

  protected async start(): Promise<void> {
    const document = this.document();
    if (document === null) return;
    await this.run.run(async () => {
      await this.#remove();
      const made = await answered(this.#client.POST('/api/template-tests', { body: JSON.parse(document) as never }));
      this.#made.set(made);
      this.#tried.set(document);
      this.id.set(made.id);
      if (this.#left) await this.#remove(); // it was made when nobody was there to see it any more
    });
  }

  protected async end(): Promise<void> {
    await this.ending.run(async () => this.#remove());
  }

  /** The tab is closed, or loaded anew. */
  protected sendAway(): void {
    const id = this.id();
    if (id !== null && id !== this.#over) this.#fetch.sendLast(`/api/containers/${encodeURIComponent(id)}?backup=false`, 'DELETE');
  }

  /** Where that fails, its time is over soon. */
  async #leave(): Promise<void> {
    await attempt().run(async () => this.#remove());
  }

  /** Without a backup, as it only tried something out. */
  async #remove(): Promise<void> {
    const id = untracked(this.id);
    this.id.set(null);
    this.#made.set(null);
    if (id !== null && id !== this.#over) await answered(this.#client.DELETE('/api/containers/{id}', { params: { path: { id }, query: { backup: false } } }));
  }
}
