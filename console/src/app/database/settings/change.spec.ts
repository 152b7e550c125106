import type { Database } from '../../api/types';
import { changeOf, followed, settingsOf, sourcesIn, withChoice } from './change';

describe('a change of settings', () => {
  const was = { ...settingsOf(null), name: 'orders', memoryMb: '256', cpus: '1', sleepAfter: '1h', removeAfter: '24h', allowedSources: '10.0.0.0/8' };

  it('is nothing when nothing differs', () => expect(changeOf(was, { ...was, allowedSources: ' 10.0.0.0/8,' })).toBeNull());

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

describe('settings that somebody else changes meanwhile', () => {
  it('are followed where nobody has touched them, and what was typed stays', () => {
    const was = { ...settingsOf(null), name: 'orders', sleepAfter: '1h' };
    const typed = { ...was, name: 'invoices' };
    const now = followed(was, { ...was, sleepAfter: '4h' }, typed);
    expect([now.name, now.sleepAfter]).toEqual(['invoices', '4h']);
    expect(changeOf({ ...was, sleepAfter: '4h' }, now)).toEqual({ name: 'invoices' });
  });
});
