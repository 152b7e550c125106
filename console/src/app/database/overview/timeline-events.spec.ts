import type { DatabaseEvent } from '../../api/types';
import { iconOfEvent, newestFirst, personOf } from './timeline-events';

const event = (id: number, data: DatabaseEvent['data'] = {}): DatabaseEvent => ({ id, type: 'instance.running', message: '', at: '', data });

describe('events of the timeline', () => {
  it('are each there once, newest first', () => expect(newestFirst([event(2), event(5), event(2), event(3)]).map(({ id }) => id)).toEqual([5, 3, 2]));

  it('tell who did it, where somebody did', () => expect([event(1, { by: 'ann' }), event(1, { by: 'policy' }), event(1)].map(personOf)).toEqual(['ann', null, null]));

  it('have an icon, also those that a newer server sends', () => {
    expect(iconOfEvent('instance.unhealthy')).toBe('alert');
    expect(iconOfEvent('instance.healthy')).toBe('good');
    expect(iconOfEvent('instance.unshared')).toBe('people');
    expect(iconOfEvent('instance.moved')).toBe('progress');
  });
});
