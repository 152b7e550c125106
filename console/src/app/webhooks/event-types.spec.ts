import { choiceOf, eventsText, typesOf } from './event-types';

describe('the events of a webhook', () => {
  it('that people chose are the same after they were shown', () => {
    for (const types of [['*'], ['instance.failed'], ['instance.failed', 'webhook.*'], ['*', 'instance.progress']]) expect(typesOf(choiceOf(types))).toEqual(types);
  });

  it('are all or some, never both', () => expect(typesOf({ all: true, chosen: ['instance.failed'], others: '' })).toEqual(['*']));

  it('that have no words are typed as the API has them', () => expect(typesOf({ all: false, chosen: [], others: ' instance.*,  webhook.disabled ' })).toEqual(['instance.*', 'webhook.disabled']));

  it('are said in words', () => {
    expect(eventsText(['*'])).toBe('All events');
    expect(eventsText(['instance.failed', 'instance.noted'])).toBe('A database fails and instance.noted');
  });
});
