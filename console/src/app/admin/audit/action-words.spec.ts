import { actionText, actorText, detailLines } from './action-words';

describe('words of the audit', () => {
  it('say what was done, and call what they do not know by its name', () => {
    expect(actionText('instance.delete')).toBe('Deleted a database');
    expect(actionText('moon.land')).toBe('moon.land');
  });

  it('say who it was', () => {
    expect(actorText({ kind: 'user', id: '1', name: 'ann' })).toBe('ann');
    expect(actorText({ kind: 'system', id: null, name: 'dbmaker' })).toBe('DbMaker itself');
  });

  it('show what was asked for, texts without quotes', () => expect(detailLines({ name: 'orders', backup: false })).toEqual([{ name: 'name', value: 'orders' }, { name: 'backup', value: 'false' }]));
});
