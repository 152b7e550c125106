import { ApiError, unreachable } from '../../api/api-error';
import { LogFollow } from './log-follow';
import type { LogLine } from './log-reader';

const line = (text: string): LogLine => ({ at: null, stream: 'stdout', text });
const refused = (status: number, code: string): ApiError => new ApiError({ status, code, detail: 'The API says why.' });

/** One connection, as the server would have it. */
interface Connection {
  readonly id: string;
  readonly signal: AbortSignal;
  tell: (...texts: readonly string[]) => Promise<void>;
  end: (error?: Error) => Promise<void>;
}

describe('a log that is followed', () => {
  let connections: Connection[];
  let isAtRest: boolean;
  let log: LogFollow;
  const settled = async (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

  async function* read(id: string, _tail: number, signal: AbortSignal): AsyncGenerator<readonly LogLine[]> {
    const waiting: (readonly LogLine[] | Error | null)[] = [];
    let wake = (): void => undefined;
    const put = async (one: readonly LogLine[] | Error | null): Promise<void> => {
      waiting.push(one);
      wake();
      await settled();
    };
    connections.push({ id, signal, tell: (...texts) => put(texts.map(line)), end: (error) => put(error ?? null) });
    signal.addEventListener('abort', () => wake());
    while (!signal.aborted) {
      const one = waiting.shift();
      if (one === undefined) await new Promise<void>((resolve) => { wake = resolve; });
      else if (one === null) return;
      else if (one instanceof Error) throw one;
      else yield one;
    }
  }

  const last = (): Connection => connections.at(-1) ?? expect.fail('nobody reads');
  const shown = (): string => log.lines().map(({ text }) => text).join(' ');

  beforeEach(() => {
    vi.useFakeTimers();
    connections = [];
    isAtRest = false;
    log = new LogFollow({ read, isAtRest: () => isAtRest });
    log.start('d1');
  });
  afterEach(() => {
    log.stop();
    vi.useRealTimers();
  });

  it('comes back when the server ended it, and shows each line once', async () => {
    await last().tell();
    expect([log.state(), shown()]).toEqual(['live', '']);
    await last().tell('a', 'b');
    await last().end();
    expect([log.state(), shown(), log.problem()]).toEqual(['lost', 'a b', null]);
    await vi.advanceTimersByTimeAsync(1000);
    await last().tell('a', 'b', 'c');
    expect([connections.length, log.state(), shown()]).toEqual([2, 'live', 'a b c']);
  });

  it('is tried less and less often while the server cannot be reached, and soon again after it stood', async () => {
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      await last().end(unreachable(new TypeError('network error')));
      const before = connections.length;
      await vi.advanceTimersByTimeAsync(seconds * 1000 - 1);
      expect([connections.length, log.state(), log.problem()]).toEqual([before, 'lost', null]);
      await vi.advanceTimersByTimeAsync(1);
      expect(connections.length).toBe(before + 1);
    }
    await last().tell('a');
    await vi.advanceTimersByTimeAsync(10_000);
    await last().end(unreachable(new TypeError('network error')));
    const before = connections.length;
    await vi.advanceTimersByTimeAsync(1000);
    expect(connections.length).toBe(before + 1);
  });

  it('says what the API says while it cannot be read, and tries on', async () => {
    await last().end(refused(503, 'runtime_unavailable'));
    expect([log.state(), log.problem()?.code]).toEqual(['lost', 'runtime_unavailable']);
    await vi.advanceTimersByTimeAsync(1000);
    await last().tell();
    expect([log.state(), log.problem()]).toEqual(['live', null]);
  });

  it('ends for reasons that stay, in their words', async () => {
    await last().tell('a');
    await last().end();
    await vi.advanceTimersByTimeAsync(1000);
    await last().end(refused(404, 'not_found'));
    await vi.advanceTimersByTimeAsync(120_000);
    expect([connections.length, log.state(), log.problem()?.message, shown()]).toEqual([2, 'ended', 'The API says why.', 'a']);
  });

  it('rests when nothing writes to it, until it is started again', async () => {
    await last().tell('a');
    isAtRest = true;
    await last().end();
    await vi.advanceTimersByTimeAsync(120_000);
    expect([connections.length, log.state()]).toEqual([1, 'resting']);
    log.start('d1');
    await last().tell('a', 'b');
    expect([log.state(), shown()]).toEqual(['live', 'a b']);
  });

  it('is stopped for good, also while it waits, and begins anew for another database', async () => {
    await last().tell('a');
    await last().end();
    log.stop();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(connections.length).toBe(1);
    log.start('d2');
    expect([last().id, shown(), log.state()]).toEqual(['d2', '', 'connecting']);
    const { signal } = last();
    log.stop();
    expect(signal.aborted).toBe(true);
  });
});
