import type { Database } from '../api/types';
import { EMPTY, withEvent, withSnapshot } from './inventory';
import type { LiveEvent } from './live-message';

const database = (id: string, name = id): Database => ({ id, name }) as Database;
const event = (containerId: string, container: Database | null): LiveEvent => ({ id: 1, type: 'instance.changed', message: '', data: {}, at: '', containerId, container });
const known = withSnapshot(EMPTY, { containers: [database('a'), database('b')], first: true, done: true });

describe('what is known of databases', () => {
  it('stays as it is until a new snapshot is complete, and then is that', () => {
    const half = withSnapshot(known, { containers: [database('c')], first: true, done: false });
    expect([...half.databases.keys()]).toEqual(['a', 'b']);
    const whole = withSnapshot(half, { containers: [database('d')], first: false, done: true });
    expect([...whole.databases.keys()]).toEqual(['c', 'd']);
  });

  it('follows events', () => {
    expect(withEvent(known, event('a', database('a', 'renamed'))).databases.get('a')?.name).toBe('renamed');
    expect([...withEvent(known, event('a', null)).databases.keys()]).toEqual(['b']);
    expect([...known.databases.keys()]).toEqual(['a', 'b']);
  });
});
