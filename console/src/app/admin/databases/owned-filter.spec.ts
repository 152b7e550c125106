import { EVERYTHING, matchesOwned } from './owned-filter';

const one = { name: 'orders', slug: 'ann-redis-abcd', type: 'redis', status: 'running', owner: 'ann' } as const;

describe('the filter of everybody\'s databases', () => {
  it('finds owners as they are typed', () => {
    expect(matchesOwned(one, { ...EVERYTHING, owner: 'An' })).toBe(true);
    expect(matchesOwned(one, { ...EVERYTHING, owner: 'nn' })).toBe(false);
  });

  it('takes all else as the list of one\'s own does', () => expect(matchesOwned(one, { ...EVERYTHING, owner: 'ann', state: 'stopped' })).toBe(false));
});
