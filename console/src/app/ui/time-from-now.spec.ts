import { timeFromNow } from './time-from-now';

const HOUR = 3_600_000;

describe('a time from now', () => {
  it('is told in the unit that says most', () => {
    expect(timeFromNow(6.5 * 24 * HOUR, 0)).toBe('in 6 days');
    expect(timeFromNow(7 * 24 * HOUR - 1000, 0)).toBe('in 7 days');
    expect(timeFromNow(47 * HOUR, 0)).toBe('in 47 hours');
    expect(timeFromNow(0, 2 * HOUR)).toBe('2 hours ago');
    expect(timeFromNow(90_000, 0)).toBe('in 1 minute');
    expect(timeFromNow(1000, 0)).toBe('now');
  });
});
