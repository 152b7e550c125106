import type { Database } from '../api/types';
import { DatabaseStream } from './database-stream';

/** What the browser offers, moved by hand. */
class Source extends EventTarget {
  static readonly CLOSED = 2;
  static readonly all: Source[] = [];
  readyState = 1;
  readonly address: string;

  constructor(address: string) {
    super();
    this.address = address;
    Source.all.push(this);
  }

  close(): void {
    this.readyState = Source.CLOSED;
  }

  tell(type: string, data: object, lastEventId = ''): void {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data), lastEventId }));
  }
}

const database = (id: string): Database => ({ id, name: id, createdAt: id }) as Database;
const last = (): Source => Source.all.at(-1) ?? expect.fail('none was opened');
const open = (): number => Source.all.filter(({ readyState }) => readyState !== Source.CLOSED).length;

describe('an event stream', () => {
  let visibility: DocumentVisibilityState;
  let stream: DatabaseStream;
  let renewCookie: ReturnType<typeof vi.fn<() => Promise<boolean>>>;
  const become = (state: DocumentVisibilityState): void => {
    visibility = state;
    document.dispatchEvent(new Event('visibilitychange'));
  };
  const known = (): string[] => [...stream.byId().keys()];

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('EventSource', Source);
    Source.all.length = 0;
    visibility = 'visible';
    vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility);
    renewCookie = vi.fn(() => Promise.resolve(true));
    stream = new DatabaseStream('/events/containers', { renewCookie });
    stream.open();
    last().tell('snapshot', { containers: [database('a')], first: true, done: true }, '7');
  });
  afterEach(() => {
    stream.forget();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('is closed while nobody sees the page, and goes on after what it has told when somebody does', () => {
    last().tell('message', { id: 9, containerId: 'b', container: database('b') }, '9');
    become('hidden');
    expect([open(), known(), stream.state()]).toEqual([0, ['a', 'b'], 'live']);
    become('visible');
    expect([open(), last().address]).toEqual([1, '/events/containers?after=9']);
    last().tell('message', { id: 10, containerId: 'a', container: null }, '10');
    expect(known()).toEqual(['b']);
  });

  it('is not opened for a page that nobody has seen yet', () => {
    become('hidden');
    const other = new DatabaseStream('/events/containers?all=true', { renewCookie });
    const before = Source.all.length;
    other.open();
    expect(Source.all.length).toBe(before);
    become('visible');
    expect(Source.all.map(({ address }) => address).slice(before)).toContain('/events/containers?all=true');
    other.forget();
  });

  it('does not come back under a page that was hidden meanwhile', async () => {
    last().tell('end', { reason: 'closing' });
    become('hidden');
    await vi.advanceTimersByTimeAsync(120_000);
    expect([open(), Source.all.length]).toEqual([0, 1]);
  });

  it('goes on where it was when the server ended it, and begins anew when rights were taken', async () => {
    last().tell('end', { reason: 'token_expired' });
    expect(stream.state()).toBe('reconnecting');
    await vi.advanceTimersByTimeAsync(1000);
    expect(last().address).toBe('/events/containers?after=7');
    last().tell('end', { reason: 'token_revoked' });
    await vi.advanceTimersByTimeAsync(2000);
    expect(last().address).toBe('/events/containers');
  });

  it('knows nothing of before when it is forgotten', () => {
    stream.forget();
    become('hidden');
    become('visible');
    expect([open(), known()]).toEqual([0, []]);
    stream.open();
    expect(last().address).toBe('/events/containers');
  });
});
