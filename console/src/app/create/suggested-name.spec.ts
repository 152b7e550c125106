import { suggestedName } from './suggested-name';

describe('the name that is suggested', () => {
  it('is that of the type, and free', () => {
    expect(suggestedName('redis', [])).toBe('redis');
    expect(suggestedName('redis', ['redis', 'redis-3', 'orders'])).toBe('redis-2');
    expect(suggestedName('redis', ['redis', 'redis-2'])).toBe('redis-3');
  });
});
