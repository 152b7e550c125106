export interface Figure {
  readonly what: string;
  readonly ours: number;
  /** null: there is no peer, the goal is an absolute one. */
  readonly peer: number | null;
  readonly unit: string;
  /** The last ratio ours/peer, or without a peer the last value of ours, that reaches the goal. */
  readonly limit: number;
  /** Which way the goal lies: times and memory want to be low, rates high. Default: low. */
  readonly better?: 'low' | 'high';
  /** What the same work came to by other ways, for information: way -> value in `unit`. */
  readonly beside?: Readonly<Record<string, number>>;
  /** How it was measured, and every single value, for whoever doubts. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export const ratioOf = ({ ours, peer }: Figure): number | null => (peer === null ? null : ours / peer);

export function isReached(figure: Figure): boolean {
  const value = ratioOf(figure) ?? figure.ours;
  return figure.better === 'high' ? value >= figure.limit : value <= figure.limit;
}

const number = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2));

function goal(figure: Figure): string {
  const sign = figure.better === 'high' ? '>=' : '<=';
  return figure.peer === null ? `${sign} ${figure.limit} ${figure.unit}` : `${sign} ${figure.limit.toFixed(2)}x`;
}

/** A Markdown table, aligned. */
export function table(figures: readonly Figure[]): string {
  const rows = [
    ['what', 'ours', 'peer', 'ratio', 'goal', 'reached'],
    ...figures.map((figure) => {
      const ratio = ratioOf(figure);
      return [
        figure.what, `${number(figure.ours)} ${figure.unit}`, figure.peer === null ? '-' : `${number(figure.peer)} ${figure.unit}`,
        ratio === null ? '-' : `${ratio.toFixed(2)}x`, goal(figure), isReached(figure) ? 'yes' : 'NO',
      ];
    }),
  ];
  return aligned(rows);
}

/** The other ways, a column for each; empty when no figure has any. */
export function besideTable(figures: readonly Figure[]): string {
  const shown = figures.filter((figure) => figure.beside !== undefined);
  const ways = [...new Set(shown.flatMap((figure) => Object.keys(figure.beside ?? {})))];
  if (ways.length === 0) return '';
  const cell = (figure: Figure, way: string): string => (figure.beside?.[way] === undefined ? '-' : number(figure.beside[way]));
  return aligned([['what', 'unit', ...ways], ...shown.map((figure) => [figure.what, figure.unit, ...ways.map((way) => cell(figure, way))])]);
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)].join('\n');
}
