import { isOf, matches, NO_FILTER } from './filter';
import type { Whose } from './filter';

const one = { name: 'orders', slug: 'ann-redis-abcd', type: 'redis', status: 'running' } as const;

describe('the filter of the list', () => {
  it('finds every word somewhere', () => {
    expect(matches(one, { ...NO_FILTER, search: 'ORD abcd' })).toBe(true);
    expect(matches(one, { ...NO_FILTER, search: 'orders postgresql' })).toBe(false);
  });

  it('takes state and type as they are', () => {
    expect(matches(one, { ...NO_FILTER, state: 'stopped' })).toBe(false);
    expect(matches(one, { ...NO_FILTER, state: 'running', type: 'redis' })).toBe(true);
  });
});

describe('whose databases are listed', () => {
  it('is said by what one may do with them', () => {
    const listed = (whose: Whose): boolean[] => (['owner', 'viewer', 'operator'] as const).map((access) => isOf({ access }, whose));
    expect([listed(''), listed('own'), listed('shared')]).toEqual([[true, true, true], [true, false, false], [false, true, true]]);
  });
});
