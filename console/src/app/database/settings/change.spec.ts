import { changeOf, followed, settingsOf, withChoice } from './change';

describe('a change of settings', () => {
  const was = { ...settingsOf(null), name: 'orders', memoryMb: '256', cpus: '1', sleepAfter: '1h', removeAfter: '24h' };

  it('is nothing when nothing differs', () => expect(changeOf(was, { ...was })).toBeNull());

  it('is not undone by what happens meanwhile, and undoes nothing of that', () => {
    const typed = { ...was, sleepAfter: 'never', tlsOnly: true };
    const now = { ...was, name: 'renamed', sleepAfter: '4h' };
    expect(followed(typed, was, now)).toEqual({ ...now, sleepAfter: 'never', tlsOnly: true });
  });

  it('says only what differs', () => {
    expect(changeOf(was, { ...was, memoryMb: '512', removeAfter: 'never' })).toEqual({ resources: { memory: '512MB' }, removeAfter: 'never' });
  });

  it('offers what is chosen now, also if it is none of the usual', () => expect(withChoice([128, 256], '200')).toEqual(['128', '200', '256']));
});
