import { matches, NO_FILTER } from './filter';

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
