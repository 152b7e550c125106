import { unreachable } from './api-error';
import { patiently } from './patiently';

describe('a request to a server that is away', () => {
  const answer = (status: number) => (): Promise<Response> => Promise.resolve(new Response(null, { status }));
  const away = (): Promise<Response> => Promise.reject(unreachable(new TypeError('Failed to fetch')));
  const get = (signal?: AbortSignal): Request => new Request('http://localhost/api/templates', signal === undefined ? {} : { signal });

  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('is sent again until it is back, if it only reads', async () => {
    const send = vi.fn<() => Promise<Response>>(answer(200)).mockImplementationOnce(away).mockImplementationOnce(answer(502));
    const response = patiently(get(), send);
    await vi.advanceTimersByTimeAsync(1500);
    expect((await response).status).toBe(200);
    expect(send).toHaveBeenCalledTimes(3);
  });

  it('fails when it stays away for long', async () => {
    const failed = expect(patiently(get(), away)).rejects.toMatchObject({ code: 'unreachable' });
    await vi.advanceTimersByTimeAsync(7500);
    await failed;
  });

  it('is sent once if it may change something, was answered or is not wanted any more', async () => {
    const send = vi.fn(away);
    await expect(patiently(new Request('http://localhost/api/containers', { method: 'POST' }), send)).rejects.toMatchObject({ code: 'unreachable' });
    expect(send).toHaveBeenCalledTimes(1);
    expect((await patiently(get(), answer(404))).status).toBe(404);
    const left = new AbortController();
    const failed = expect(patiently(get(left.signal), send)).rejects.toMatchObject({ name: 'AbortError' });
    left.abort();
    await vi.advanceTimersByTimeAsync(500);
    await failed;
    expect(send).toHaveBeenCalledTimes(2);
  });
});
