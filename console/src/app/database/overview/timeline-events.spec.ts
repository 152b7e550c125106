import type { DatabaseEvent } from '../../api/types';
import { looksOfEvent, newestFirst, personOf } from './timeline-events';

const event = (id: number, data: DatabaseEvent['data'] = {}): DatabaseEvent => ({ id, type: 'instance.running', message: '', at: '', data });

describe('events of the timeline', () => {
  it('are each there once, newest first', () => expect(newestFirst([event(2), event(5), event(2), event(3)]).map(({ id }) => id)).toEqual([5, 3, 2]));

  it('tell who did it, where somebody did', () => expect([event(1, { by: 'ann' }), event(1, { by: 'policy' }), event(1)].map(personOf)).toEqual(['ann', null, null]));

  const iconOf = (type: string, data: DatabaseEvent['data'] = {}): string => looksOfEvent({ type, data }).icon;

  it('have an icon, also those that a newer server sends', () => {
    expect(iconOf('instance.unhealthy')).toBe('alert');
    expect(iconOf('instance.healthy')).toBe('good');
    expect(iconOf('instance.changed')).toBe('change');
    expect(iconOf('instance.unshared')).toBe('people');
    expect(iconOf('instance.moved')).toBe('progress');
  });

  it('of health look as what it has become', () => {
    const looks = ['healthy', 'starting', 'failing', 'unhealthy', 'of a newer server'].map((state) => looksOfEvent({ type: 'instance.health', data: { state } }));
    expect(looks.map(({ icon }) => icon)).toEqual(['good', 'progress', 'warning', 'alert', 'progress']);
    expect(looks.map(({ tone }) => tone)).toEqual(['good', 'plain', 'warn', 'bad', 'plain']);
  });
});
