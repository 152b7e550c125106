import type { Database } from '../../api/types';
import { changeOf, followed, settingsOf, sourcesIn, withChoice } from './change';

describe('a change of settings', () => {
  const was = { ...settingsOf(null), name: 'orders', memoryMb: '256', cpus: '1', sleepAfter: '1h', removeAfter: '24h', allowedSources: '10.0.0.0/8' };

  it('is nothing when nothing differs', () => expect(changeOf(was, { ...was, allowedSources: ' 10.0.0.0/8,' })).toBeNull());

  it('is not undone by what happens meanwhile, and undoes nothing of that', () => {
    const typed = { ...was, sleepAfter: 'never', tlsOnly: true };
    const now = { ...was, name: 'renamed', sleepAfter: '4h' };
    expect(followed(typed, was, now)).toEqual({ ...now, sleepAfter: 'never', tlsOnly: true });
    expect(changeOf(now, followed(typed, was, now))).toEqual({ sleepAfter: 'never', tlsOnly: true });
  });

  it('says only what differs', () => {
    expect(changeOf(was, { ...was, memoryMb: '512', removeAfter: 'never' })).toEqual({ resources: { memory: '512MB' }, removeAfter: 'never' });
    expect(changeOf(was, { ...was, tlsOnly: true, ttl: '7d', allowedSources: '' })).toEqual({ tlsOnly: true, ttl: '7d', allowedSources: [] });
  });

  it('that keeps it says nothing else of its removal, and the way back says when it goes', () => {
    expect(changeOf(was, { ...was, keep: true, removeAfter: '7d', ttl: '1h' })).toEqual({ keep: true });
    const kept = settingsOf({ removeAfter: 'never', expiresAt: null, resources: { memoryBytes: 1, cpus: 1 } } as Database);
    expect(kept.keep).toBe(true);
    expect(changeOf(kept, { ...kept, keep: false })).toEqual({ removeAfter: '30d' });
  });

  it('offers what is chosen now, also if it is none of the usual', () => expect(withChoice([128, 256], '200')).toEqual(['128', '200', '256']));

  it('reads addresses however they are typed', () => expect(sourcesIn('10.0.0.7\n 2001:db8::/32; 10.1.0.0/16,\n')).toEqual(['10.0.0.7', '2001:db8::/32', '10.1.0.0/16']));
});
