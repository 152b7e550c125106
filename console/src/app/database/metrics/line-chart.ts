import { afterRenderEffect, Component, computed, DestroyRef, inject, input, viewChild, ViewEncapsulation } from '@angular/core';
import type { ElementRef } from '@angular/core';
import uPlot from 'uplot';
import { Theme } from '../../shell/theme';
import { linesUpTo, summaryOf, timeText } from './charts';
import type { Chart, Point, Span } from './charts';

const HEIGHT = 160;
/** With more, each point is no more to be seen than the line. */
const MOST_DOTS = 120;

/** One figure over time. */
@Component({
  selector: 'dbm-line-chart',
  template: '<figure class="dbm-card"><figcaption>{{ chart().title }} <strong>{{ latest() }}</strong></figcaption><div #place role="img" [attr.aria-label]="summary()"></div></figure>',
  styleUrls: ['../../../../node_modules/uplot/dist/uPlot.min.css', './line-chart.scss'],
  encapsulation: ViewEncapsulation.None,
})
export class LineChart {
  readonly chart = input.required<Chart>();
  readonly points = input.required<readonly Point[]>();
  readonly span = input.required<Span>();
  private readonly place = viewChild.required<ElementRef<HTMLElement>>('place');
  readonly #theme = inject(Theme);
  #plot: uPlot | null = null;

  protected readonly summary = computed(() => summaryOf(this.points(), this.chart()));
  protected readonly latest = computed(() => {
    const last = this.points().at(-1)?.[this.chart().figure] ?? null;
    return last === null ? '' : this.chart().format(last);
  });

  constructor() {
    afterRenderEffect(() => {
      this.#theme.isDark(); // a canvas has its colours from when it was drawn
      this.#draw(this.place().nativeElement);
    });
    const resized = new ResizeObserver(([entry]) => { if (entry !== undefined) this.#plot?.setSize({ width: entry.contentRect.width, height: HEIGHT }); });
    afterRenderEffect(() => resized.observe(this.place().nativeElement));
    inject(DestroyRef).onDestroy(() => {
      resized.disconnect();
      this.#plot?.destroy();
    });
  }

  #draw(place: HTMLElement): void {
    const { figure, title, format } = this.chart();
    const lines = linesUpTo(Math.max(0, ...this.points().map((point) => point[figure] ?? 0)), this.chart());
    const span = this.span();
    const style = getComputedStyle(place);
    const ink = style.color;
    const axis = { stroke: ink, grid: { stroke: style.borderColor, width: 1 }, ticks: { show: false } };
    this.#plot?.destroy();
    this.#plot = new uPlot(
      {
        width: place.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false },
        scales: { x: { range: [span.from / 1000, span.to / 1000] }, y: { range: [0, lines.at(-1) ?? 1] } },
        axes: [
          { ...axis, size: 32, values: (_plot, values) => values.map((at) => timeText(at * 1000, span)) },
          { ...axis, size: 72, splits: lines, values: (_plot, values) => values.map(format) },
        ],
        series: [{}, { label: title, stroke: style.outlineColor, width: 2, spanGaps: false, points: { show: this.points().length <= MOST_DOTS, size: 4 } }],
      },
      [this.points().map(({ at }) => Date.parse(at) / 1000), this.points().map((point) => point[figure])],
      place,
    );
  }
}
