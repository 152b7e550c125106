/** Of the drawing; a step is 1 wide. */
const HEIGHT = 20;

/** Line and area of what rises and falls. By the root: a quiet hour beside a busy one is still more than nothing. */
export function sparkPath(points: readonly number[]): { line: string; area: string } {
  const most = Math.max(...points, 1);
  const places = points.map((point, index) => `${index} ${round(HEIGHT - 1 - Math.sqrt(point / most) * (HEIGHT - 2))}`);
  const line = `M${places.join('L')}`;
  return { line, area: `${line}L${points.length - 1} ${HEIGHT}L0 ${HEIGHT}Z` };
}

const round = (value: number): number => Math.round(value * 10) / 10;
