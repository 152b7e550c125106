import { actionsFor } from './actions';

describe('actions', () => {
  const running = { status: 'running', desired: 'running', engine: 'redis', access: 'owner' } as const;

  it('of a running database include a new password, where its engine knows how', () => {
    expect(actionsFor(running)).toContain('rotate-password');
    expect(actionsFor({ ...running, engine: 'generic' })).not.toContain('rotate-password');
  });

  it('of a stopped one is to start it', () => expect(actionsFor({ ...running, status: 'stopped', desired: 'stopped' })).toEqual(['start']));

  it('of one that is being deleted are none', () => expect(actionsFor({ ...running, status: 'deleting', desired: 'deleted' })).toEqual([]));

  it('of one that is shared are what the share is for', () => {
    expect(actionsFor({ ...running, access: 'operator' })).toEqual(['restart', 'stop', 'sleep']);
    expect(actionsFor({ ...running, access: 'viewer' })).toEqual([]);
    expect(actionsFor({ ...running, access: 'admin' })).toContain('rotate-password');
  });
});
