import { Component, computed, input } from '@angular/core';
import { formatBytes } from '../ui/bytes';
import { sparkPath } from './spark-path';

const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/** How much went on in the last day, small: the course of it, not the figures. In words for those who do not see it. */
@Component({
  selector: 'dbm-sparkline',
  template: `
    <svg [attr.viewBox]="'0 0 ' + (points().length - 1) + ' 20'" preserveAspectRatio="none" role="img" [attr.aria-label]="words()" focusable="false">
      <title>{{ words() }}</title>
      <path class="area" [attr.d]="path().area" /><path class="line" [attr.d]="path().line" />
    </svg>
  `,
  styles: `
    :host { display: block; height: 1.5rem; }
    svg { display: block; width: 100%; height: 100%; overflow: visible; }
    .line { fill: none; stroke: var(--mat-sys-primary); stroke-width: 1.5; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
    .area { fill: var(--mat-sys-primary); fill-opacity: 0.15; }
  `,
})
export class Sparkline {
  /** Bytes in each step. */
  readonly points = input.required<readonly number[]>();
  /** Begin of the first step, and how long each is. */
  readonly from = input.required<string>();
  readonly stepSeconds = input.required<number>();

  protected readonly path = computed(() => sparkPath(this.points()));
  protected readonly words = computed(() => {
    const points = this.points();
    const total = points.reduce((sum, bytes) => sum + bytes, 0);
    if (total === 0) return $localize`Not used in the last 24 hours`;
    const busiest = Date.parse(this.from()) + points.indexOf(Math.max(...points)) * this.stepSeconds() * 1000;
    return $localize`${formatBytes(total)}:bytes: in the last 24 hours, most of it about ${TIME.format(busiest)}:time:`;
  });
}
