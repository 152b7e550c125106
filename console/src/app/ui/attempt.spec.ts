import { ApiError } from '../api/api-error';
import { attempt } from './attempt';

describe('an attempt', () => {
  it('is made once at a time, and keeps why it failed until the next one', async () => {
    const one = attempt();
    const { promise, reject } = Promise.withResolvers<undefined>();
    const first = one.run(() => promise);
    expect(one.busy()).toBe(true);
    expect(await one.run(() => expect.fail('twice at once'))).toBe(false);
    reject(new ApiError({ status: 409, code: 'conflict', detail: 'It is in the way.' }));
    expect(await first).toBe(false);
    expect(one.problem()?.message).toBe('It is in the way.');
    expect(await one.run(() => Promise.resolve())).toBe(true);
    expect([one.problem(), one.busy()]).toEqual([null, false]);
  });
});
