import { durationSeconds, durationText } from './duration';

describe('durations', () => {
  it('are said in words', () => {
    expect(durationText('1h')).toBe('1 hour');
    expect(durationText('30m')).toBe('30 minutes');
    expect(durationText('never')).toBe('never');
  });

  it('that the page does not know are shown as they are', () => expect(durationText('P1D')).toBe('P1D'));

  it('can be compared, and never is the longest', () => {
    expect(durationSeconds('24h')).toBe(durationSeconds('1d'));
    expect(durationSeconds('never')).toBeGreaterThan(durationSeconds('3650d'));
  });
});
