import { newDatabase, NOTHING_CHOSEN } from './order';

describe('an order', () => {
  it('leaves to the template what was not chosen', () => {
    expect(newDatabase({ ...NOTHING_CHOSEN, template: 'redis', name: 'cache' })).toEqual({ template: 'redis', name: 'cache' });
  });

  it('says what was chosen', () => {
    expect(newDatabase({ template: 'redis', name: 'cache', memoryMb: '512', cpus: '0.5', sleepAfter: 'never', removeAfter: '7d', ttl: '30d' }))
      .toEqual({ template: 'redis', name: 'cache', resources: { memory: '512MB', cpus: 0.5 }, sleepAfter: 'never', removeAfter: '7d', ttl: '30d' });
  });
});
