import { inject, Pipe } from '@angular/core';
import type { PipeTransform } from '@angular/core';
import { Now } from './now';

const UNITS = [['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000]] as const;

/** "in 6 days", "2 hours ago". `at`, `now`: milliseconds since 1970. */
export function timeFromNow(at: number, now: number): string {
  const distance = at - now;
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
  for (const [unit, size] of UNITS) {
    // "in 47 hours" says more than "in 1 day".
    if (Math.abs(distance) >= (unit === 'day' ? 2 : 1) * size) return words.format(Math.trunc(Math.round((distance / size) * 10) / 10), unit); // a minute less than 7 days are 7 days
  }
  return $localize`now`;
}

/** Of a time as the API writes it; goes on with the time. */
@Pipe({ name: 'timeFromNow', pure: false })
export class TimeFromNowPipe implements PipeTransform {
  readonly #now = inject(Now);

  transform(at: string): string {
    return timeFromNow(Date.parse(at), this.#now.time());
  }
}
