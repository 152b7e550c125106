import type { History } from '../../api/types';
import { formatBytes } from '../../ui/bytes';

export type Point = History['points'][number];

/** What is shown; milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Chart {
  readonly figure: Exclude<keyof Point, 'at'>;
  readonly title: string;
  readonly format: (value: number) => string;
  /** Between two lines of the grid, rising; default: 1, 2, 5, 10, ... and fractions of those. */
  readonly steps?: readonly number[];
}

/** More lines than these below one another are no help. */
const MOST_LINES = 4;

const number = (value: number): string => value.toLocaleString(undefined, value < 1 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 1 });
const perSecond = (value: number): string => $localize`${formatBytes(value)}:bytes:/s`;

/** 1 KB is 1024 B: its lines are then at round numbers, too. */
const BYTES = Array.from({ length: 50 }, (_, power) => 2 ** (power - 5));
const decimals = (least: number): number[] => Array.from({ length: 15 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** (power + least))).flat();
/** There is no half of a connection. */
const WHOLE = decimals(0);
const ANY = decimals(-4);

export const CHARTS: readonly Chart[] = [
  { figure: 'cpus', title: $localize`CPUs in use`, format: number },
  { figure: 'memoryBytes', title: $localize`Memory in use`, format: formatBytes, steps: BYTES },
  { figure: 'connections', title: $localize`Connections`, format: number, steps: WHOLE },
  { figure: 'operationRate', title: $localize`Operations per second`, format: number },
  { figure: 'bytesInRate', title: $localize`From clients`, format: perSecond, steps: BYTES },
  { figure: 'bytesOutRate', title: $localize`To clients`, format: perSecond, steps: BYTES },
  { figure: 'diskBytes', title: $localize`On disk`, format: formatBytes, steps: BYTES },
  { figure: 'databaseBytes', title: $localize`Size of the data`, format: formatBytes, steps: BYTES },
  { figure: 'keys', title: $localize`Keys`, format: number, steps: WHOLE },
  { figure: 'hitRatio', title: $localize`Reads answered from memory`, format: (value) => `${number(value * 100)} %` },
];

/** Where the lines of the grid are: from 0 to the first that is not below what there was `most`, so that the highest one says how high the chart is. */
export function linesUpTo(most: number, { steps = ANY }: Chart): number[] {
  const step = steps.find((one) => one * MOST_LINES >= most) ?? most;
  return Array.from({ length: Math.max(1, Math.ceil(most / step)) + 1 }, (_, line) => line * step);
}

/** A figure that nobody ever knew (keys of PostgreSQL) has no chart. */
export function hasFigures(points: readonly Point[], { figure }: Chart): boolean {
  return points.some((point) => point[figure] !== null);
}

/** For those who do not see the chart. */
export function summaryOf(points: readonly Point[], { figure, title, format }: Chart): string {
  const values = points.flatMap((point) => point[figure] ?? []);
  const last = values.at(-1);
  if (last === undefined) return $localize`${title}:title:: no figures`;
  return $localize`${title}:title:: now ${format(last)}:now:, between ${format(Math.min(...values))}:least: and ${format(Math.max(...values))}:most:`;
}

const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const ONE_DAY_MS = 86_400_000;

/** As exact as the span needs it. */
export function timeText(at: number, { from, to }: Span): string {
  return (to - from <= ONE_DAY_MS ? TIME : DAY).format(at);
}
