import { afterRenderEffect, Component, effect, inject, signal, viewChild } from '@angular/core';
import type { ElementRef } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { toApiError } from '../../api/api-error';
import type { ApiError } from '../../api/api-error';
import { PageHeading } from '../../shell/page-heading';
import { ProblemNote } from '../../ui/problem';
import { CurrentDatabase } from '../current-database';
import { LogReader } from './log-reader';

/** What is kept in the page. */
const MAX_LINES = 2000;

/** The log, live for as long as the page is open. */
@Component({
  selector: 'dbm-log-view',
  imports: [MatButtonModule, PageHeading, ProblemNote],
  template: `
    <section class="dbm-card" aria-labelledby="log-title">
      <div class="dbm-row">
        <h2 id="log-title" dbmPageHeading i18n>Log</h2>
        <span class="dbm-quiet">@if (isOpen()) { <ng-container i18n>live</ng-container> } @else { <ng-container i18n>not connected</ng-container> }</span>
        <button class="dbm-push" matButton="outlined" type="button" [attr.aria-pressed]="follows()" (click)="follows.set(!follows())" i18n>Follow new lines</button>
        @if (!isOpen()) { <button matButton type="button" (click)="again()" i18n>Connect again</button> }
      </div>
      @if (problem(); as problem) { <dbm-problem [problem]="problem" /> }
      <pre #box tabindex="0" role="region" aria-label="Lines of the log" i18n-aria-label>@for (line of lines(); track $index) {<span>{{ line }}
</span>} @empty {<span i18n>It has said nothing yet.</span>}</pre>
    </section>
  `,
  styles: `
    pre { margin: 0; height: min(60dvh, 40rem); overflow: auto; padding: 8px; border-radius: 8px; background: var(--mat-sys-surface-container-highest); }
    @media (max-width: 700px) { pre { white-space: pre-wrap; overflow-wrap: anywhere; } }
  `,
})
export class LogView {
  readonly #reader = inject(LogReader);
  readonly #id = inject(CurrentDatabase).id;
  private readonly box = viewChild.required<ElementRef<HTMLElement>>('box');
  readonly #tries = signal(0);
  protected readonly lines = signal<readonly string[]>([]);
  protected readonly isOpen = signal(true);
  protected readonly follows = signal(true);
  protected readonly problem = signal<ApiError | null>(null);

  constructor() {
    effect((onCleanup) => {
      const id = this.#id();
      this.#tries();
      const left = new AbortController();
      onCleanup(() => left.abort());
      void this.#read(id, left.signal);
    });
    afterRenderEffect(() => {
      const { nativeElement: box } = this.box();
      if (this.lines().length > 0 && this.follows()) box.scrollTop = box.scrollHeight;
    });
  }

  protected again(): void {
    this.#tries.update((tries) => tries + 1);
  }

  async #read(id: string, signal: AbortSignal): Promise<void> {
    this.lines.set([]);
    this.problem.set(null);
    this.isOpen.set(true);
    try {
      for await (const lines of this.#reader.follow(id, signal)) this.lines.update((known) => [...known, ...lines].slice(-MAX_LINES));
    } catch (error) {
      if (signal.aborted) return;
      this.problem.set(toApiError(error));
    }
    if (!signal.aborted) this.isOpen.set(false);
  }
}
