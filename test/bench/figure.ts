export interface Figure {
  readonly what: string;
  readonly ours: number;
  /** null: there is no peer, the goal is an absolute one. */
  readonly peer: number | null;
  readonly unit: string;
  /** The largest ratio ours/peer, or without a peer the largest value of ours, that reaches the goal. */
  readonly limit: number;
  /** How it was measured, and every single value, for whoever doubts. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export const ratioOf = ({ ours, peer }: Figure): number | null => (peer === null ? null : ours / peer);
export const isReached = (figure: Figure): boolean => (ratioOf(figure) ?? figure.ours) <= figure.limit;

const number = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2));

/** A Markdown table, aligned. */
export function table(figures: readonly Figure[]): string {
  const rows = [
    ['what', 'ours', 'peer', 'ratio', 'goal', 'reached'],
    ...figures.map((figure) => {
      const ratio = ratioOf(figure);
      return [
        figure.what, `${number(figure.ours)} ${figure.unit}`, figure.peer === null ? '-' : `${number(figure.peer)} ${figure.unit}`,
        ratio === null ? '-' : `${ratio.toFixed(2)}x`, ratio === null ? `<= ${figure.limit} ${figure.unit}` : `<= ${figure.limit.toFixed(2)}x`, isReached(figure) ? 'yes' : 'NO',
      ];
    }),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)].join('\n');
}
