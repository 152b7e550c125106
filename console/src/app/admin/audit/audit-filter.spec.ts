import { exportAddress, NO_FILTER, queryOf } from './audit-filter';

describe('the filter of the audit', () => {
  it('asks for nothing in particular at first', () => expect(queryOf(NO_FILTER)).toEqual({}));

  it('means the time on the wall here', () => {
    expect(queryOf({ ...NO_FILTER, from: '2026-01-31T12:00' })).toEqual({ from: new Date(2026, 0, 31, 12).toISOString() });
    expect(queryOf({ ...NO_FILTER, to: '2026-13' })).toEqual({});
  });

  it('finds people and things as they are written', () => expect(queryOf({ ...NO_FILTER, user: ' Ann ', subject: 'Ann-Redis-x7q2 ' })).toEqual({ user: 'ann', subject: 'ann-redis-x7q2' }));

  it('leads to the same as CSV', () => {
    expect(exportAddress({})).toBe('/api/audit/export');
    expect(exportAddress(queryOf({ ...NO_FILTER, user: 'a&b', outcome: 'refused' }))).toBe('/api/audit/export?user=a%26b&outcome=refused');
  });
});
