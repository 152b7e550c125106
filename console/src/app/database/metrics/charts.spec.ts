import { CHARTS, hasFigures, summaryOf } from './charts';
import type { Point } from './charts';

const point = (figures: Partial<Point>): Point => ({
  at: '2026-01-31T12:00:00.000Z', cpus: null, memoryBytes: null, diskBytes: null, connections: null, bytesInRate: null, bytesOutRate: null, databaseBytes: null, keys: null, operationRate: null, hitRatio: null,
  ...figures,
});
const chartOf = (figure: string): (typeof CHARTS)[number] => CHARTS.find((chart) => chart.figure === figure) ?? expect.fail(figure);

describe('charts', () => {
  it('are of figures that are known', () => {
    expect(hasFigures([point({ keys: 0 })], chartOf('keys'))).toBe(true);
    expect(hasFigures([point({ cpus: 1 })], chartOf('keys'))).toBe(false);
  });

  it('say in words what they show', () => {
    expect(summaryOf([point({ connections: 4 }), point({ connections: null }), point({ connections: 2 })], chartOf('connections'))).toBe('Connections: now 2, between 2 and 4');
  });
});
