import { DatePipe } from '@angular/common';
import { Component, computed, DestroyRef, inject, input, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import type { Database } from '../../api/types';
import { LiveDatabases } from '../../live/live-databases';
import { Icon } from '../../ui/icon';
import { withStep } from './steps';
import type { Step } from './steps';

/** How far work on the database has come, step by step, and why it is as it is. Nothing when there is nothing to say. */
@Component({
  selector: 'dbm-progress-card',
  imports: [DatePipe, Icon, MatProgressBarModule],
  template: `
    @let one = database();
    @if (isBusy()) {
      <section class="dbm-card" aria-labelledby="progress-title">
        <h2 id="progress-title" role="status">{{ one.progress?.message ?? waiting }}</h2>
        <mat-progress-bar [mode]="fraction() === null ? 'indeterminate' : 'determinate'" [value]="(fraction() ?? 0) * 100" [attr.aria-label]="one.progress?.message ?? waiting" />
        <ol>
          @for (step of earlier(); track step.name) { <li><dbm-icon name="check" />{{ step.message }}</li> }
        </ol>
      </section>
    }
    @if (one.reason; as reason) {
      <section class="dbm-card" [class.bad]="one.status === 'failed'">
        <h2><dbm-icon name="alert" />{{ reason.message }}</h2>
        @if (one.nextTryAt; as next) { <p><ng-container i18n>It is tried again at</ng-container> {{ next | date: 'mediumTime' }}.</p> }
        @if (reason.logTail; as tail) { <pre tabindex="0" aria-label="End of its log" i18n-aria-label>{{ tail }}</pre> }
      </section>
    }
  `,
  styles: `
    :host { display: grid; gap: 16px; }
    :host:empty { display: none; }
    h2 { display: flex; gap: 8px; align-items: center; overflow-wrap: anywhere; }
    ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 4px; }
    li { display: flex; gap: 8px; align-items: center; color: var(--mat-sys-on-surface-variant); }
    li dbm-icon { color: var(--dbm-good); }
    .bad h2 { color: var(--mat-sys-error); }
    pre { overflow: auto; max-height: 16rem; margin: 0; padding: 8px; background: var(--mat-sys-surface-container-highest); border-radius: 8px; }
  `,
})
export class ProgressCard {
  readonly database = input.required<Database>();
  readonly #steps = signal<readonly Step[]>([]);
  protected readonly waiting = $localize`Waiting for a worker`;
  protected readonly isBusy = computed(() => this.database().progress !== null || ['pending', 'provisioning', 'deleting'].includes(this.database().status));
  protected readonly fraction = computed(() => this.database().progress?.fraction ?? null);
  protected readonly earlier = computed(() => this.#steps().filter(({ name }) => name !== this.database().progress?.step));

  constructor() {
    inject(LiveDatabases).events.pipe(takeUntilDestroyed(inject(DestroyRef))).subscribe(({ containerId, type, data }) => {
      if (containerId === this.database().id) this.#steps.update((steps) => withStep(steps, type, data));
    });
  }
}
