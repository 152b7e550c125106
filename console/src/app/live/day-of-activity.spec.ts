import { withActivity } from './day-of-activity';

const MINUTE = 60_000;
const day = { stepSeconds: 1800, from: '2026-01-31T12:00:00.000Z', items: { a: [1, 2, 3] } };
const at = (step: number): string => new Date(Date.parse(day.from) + step * 30 * MINUTE).toISOString();

describe('a day of activity', () => {
  it('goes on with what is told of the step that is now', () => {
    expect(withActivity(day, { at: at(2), items: { a: 7, b: 1 } }).items).toEqual({ a: [1, 2, 7], b: [0, 0, 1] });
  });

  it('moves on with the time, over steps in which nothing was told too', () => {
    const later = withActivity(day, { at: at(4), items: { b: 5 } });
    expect(later.items).toEqual({ a: [3, 0, 0], b: [0, 0, 5] });
    expect(later.from).toBe(at(2));
    expect(withActivity(day, { at: at(90), items: {} }).items).toEqual({ a: [0, 0, 0] });
  });

  it('is not changed by what comes too late, and leaves what it was', () => {
    expect(withActivity(day, { at: at(-1), items: { a: 9 } })).toBe(day);
    expect(day.items.a).toEqual([1, 2, 3]);
  });
});
