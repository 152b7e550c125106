import { agoText } from './ago';

describe('how long ago something was', () => {
  const now = Date.parse('2026-01-31T12:00:00Z');

  it('is said in the largest unit that fits', () => {
    expect(agoText('2026-01-31T11:59:48Z', now)).toBe('12 seconds ago');
    expect(agoText('2026-01-31T11:57:01Z', now)).toBe('2 minutes ago');
    expect(agoText('2026-01-30T12:00:00Z', now)).toBe('yesterday');
    expect(agoText('2025-12-31T12:00:00Z', now)).toBe('31 days ago');
  });

  it('is never in the future, though the clocks differ', () => expect(agoText('2026-01-31T12:00:05Z', now)).toBe('now'));
});
