import { CHARTS, hasFigures, linesUpTo, summaryOf } from './charts';
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

  it('have lines at round numbers, the highest of them not below what is shown', () => {
    const MB = 2 ** 20;
    expect(linesUpTo(3.8 * MB, chartOf('memoryBytes'))).toEqual([0, MB, 2 * MB, 3 * MB, 4 * MB]);
    expect(linesUpTo(216 * 1024, chartOf('diskBytes')).at(-1)).toBe(256 * 1024);
    expect(linesUpTo(0, chartOf('connections'))).toEqual([0, 1]);
    expect(linesUpTo(20, chartOf('keys'))).toEqual([0, 5, 10, 15, 20]);
    expect(linesUpTo(0.13, chartOf('cpus')).map((line) => line.toFixed(2))).toEqual(['0.00', '0.05', '0.10', '0.15']);
  });

  it('say in words what they show', () => {
    expect(summaryOf([point({ connections: 4 }), point({ connections: null }), point({ connections: 2 })], chartOf('connections'))).toBe('Connections: now 2, between 2 and 4');
  });
});
