import { Component, computed, DestroyRef, inject, resource, signal } from '@angular/core';
import { MatButtonToggleModule } from '@angular/material/button-toggle';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { Api, answered } from '../../api/api';
import { toApiError } from '../../api/api-error';
import { PageHeading } from '../../shell/page-heading';
import { ProblemNote } from '../../ui/problem';
import { CurrentDatabase } from '../current-database';
import { CHARTS, hasFigures } from './charts';
import { LineChart } from './line-chart';

/** A new point comes each minute. */
const REFRESH_MS = 60_000;

const RANGES = [
  { name: 'hour', text: $localize`Hour`, ms: 3_600_000 },
  { name: 'day', text: $localize`Day`, ms: 86_400_000 },
  { name: 'month', text: $localize`30 days`, ms: 30 * 86_400_000 },
] as const;

/** What it used over time. */
@Component({
  selector: 'dbm-metrics',
  imports: [LineChart, MatButtonToggleModule, MatProgressBarModule, PageHeading, ProblemNote],
  template: `
    <h2 dbmPageHeading i18n>Metrics</h2>
    <mat-button-toggle-group [value]="range().name" hideSingleSelectionIndicator aria-label="Time shown" i18n-aria-label>
      @for (one of ranges; track one.name) { <mat-button-toggle [value]="one.name" (change)="range.set(one)">{{ one.text }}</mat-button-toggle> }
    </mat-button-toggle-group>
    @if (problem(); as problem) { <dbm-problem [problem]="problem" /> }
    @if (history.hasValue()) {
      @if (shown().length === 0) { <p class="dbm-quiet" i18n>No figures for this time. The first come after it has run for a minute.</p> }
      <div class="charts">
        @for (chart of shown(); track chart.figure) { <dbm-line-chart [chart]="chart" [points]="history.value().points" [span]="history.value().span" /> }
      </div>
    } @else if (history.isLoading()) {
      <mat-progress-bar mode="indeterminate" aria-label="Figures are being fetched" i18n-aria-label />
    }
  `,
  styles: `
    :host { display: grid; gap: 16px; justify-items: start; }
    .charts { display: grid; gap: 16px; width: 100%; grid-template-columns: repeat(auto-fill, minmax(min(24rem, 100%), 1fr)); }
    mat-progress-bar { width: 100%; }
  `,
})
export class Metrics {
  readonly #api = inject(Api);
  readonly #id = inject(CurrentDatabase).id;
  protected readonly ranges = RANGES;
  protected readonly range = signal<(typeof RANGES)[number]>(RANGES[0]);
  protected readonly history = resource({
    params: () => ({ id: this.#id(), ms: this.range().ms }),
    loader: async ({ params: { id, ms } }) => {
      const to = Date.now();
      const span = { from: to - ms, to };
      const query = { from: new Date(span.from).toISOString(), to: new Date(span.to).toISOString() };
      const { points } = await answered(this.#api.client.GET('/api/containers/{id}/metrics/history', { params: { path: { id }, query } }));
      return { span, points };
    },
  });
  protected readonly problem = computed(() => { const error = this.history.error(); return error === undefined ? null : toApiError(error); });
  protected readonly shown = computed(() => CHARTS.filter((chart) => this.history.hasValue() && hasFigures(this.history.value().points, chart)));

  constructor() {
    const timer = setInterval(() => this.history.reload(), REFRESH_MS);
    inject(DestroyRef).onDestroy(() => clearInterval(timer));
  }
}
