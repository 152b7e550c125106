import { afterRenderEffect, Component, computed, effect, inject, signal, untracked, viewChild } from '@angular/core';
import type { ElementRef } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import type { Database } from '../../api/types';
import { whileSeen } from '../../live/while-seen';
import { PageHeading } from '../../shell/page-heading';
import { ProblemNote } from '../../ui/problem';
import { CurrentDatabase } from '../current-database';
import { LogFollow } from './log-follow';
import { LogReader } from './log-reader';

/** As what nothing runs that could write. */
const AT_REST: readonly (Database['status'] | undefined)[] = ['stopped', 'sleeping', 'failed', 'deleting'];

/** The log, live for as long as the page is open. */
@Component({
  selector: 'dbm-log-view',
  imports: [MatButtonModule, PageHeading, ProblemNote],
  template: `
    <section class="dbm-card" aria-labelledby="log-title">
      <div class="dbm-row">
        <h2 id="log-title" dbmPageHeading i18n>Log</h2>
        <span class="dbm-quiet" role="status">
          @switch (log.state()) {
            @case ('live') { <ng-container i18n>live</ng-container> }
            @case ('connecting') { <ng-container i18n>being connected …</ng-container> }
            @case ('lost') { <ng-container i18n>not connected; it is being connected again</ng-container> }
            @case ('resting') { <ng-container i18n>as it was when it last ran</ng-container> }
            @case ('ended') { <ng-container i18n>not connected</ng-container> }
          }
        </span>
        <button class="dbm-push" matButton="outlined" type="button" [attr.aria-pressed]="follows()" (click)="follows.set(!follows())" i18n>Follow new lines</button>
        @if (log.state() === 'lost' || log.state() === 'ended') { <button matButton type="button" (click)="again()" i18n>Connect again</button> }
      </div>
      @if (log.problem(); as problem) { <dbm-problem [problem]="problem" /> }
      <pre #box tabindex="0" role="region" aria-label="Lines of the log" i18n-aria-label>@for (line of log.lines(); track line) {<span>{{ line.text }}
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
  readonly #current = inject(CurrentDatabase);
  readonly #status = computed(() => this.#current.database()?.status);
  private readonly box = viewChild.required<ElementRef<HTMLElement>>('box');
  protected readonly log = new LogFollow({ read: (id, tail, left) => this.#reader.follow(id, tail, left), isAtRest: () => AT_REST.includes(this.#status()) });
  protected readonly follows = signal(true);

  constructor() {
    effect((onCleanup) => {
      const id = this.#current.id();
      this.#status(); // it may write again, or have stopped: what is read then tells
      untracked(() => {
        const leave = whileSeen(() => this.log.start(id), () => this.log.stop());
        onCleanup(() => {
          leave();
          this.log.stop();
        });
      });
    });
    afterRenderEffect(() => {
      const { nativeElement: box } = this.box();
      if (this.log.lines().length > 0 && this.follows()) box.scrollTop = box.scrollHeight;
    });
  }

  protected again(): void {
    this.log.start(this.#current.id());
  }
}
