import { actionsFor } from './actions';

describe('actions', () => {
  it('of a running database include a new password, where its engine knows how', () => {
    expect(actionsFor({ status: 'running', desired: 'running', engine: 'redis' })).toContain('rotate-password');
    expect(actionsFor({ status: 'running', desired: 'running', engine: 'generic' })).not.toContain('rotate-password');
  });

  it('of a stopped one is to start it', () => expect(actionsFor({ status: 'stopped', desired: 'stopped', engine: 'redis' })).toEqual(['start']));

  it('of one that is being deleted are none', () => expect(actionsFor({ status: 'deleting', desired: 'deleted', engine: 'redis' })).toEqual([]));
});
