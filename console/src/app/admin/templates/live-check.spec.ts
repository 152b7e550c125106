import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { Api } from '../../api/api';
import { liveCheck } from './live-check';
import type { LiveCheck } from './live-check';

interface Asked { readonly body: unknown; readonly signal: AbortSignal; answer(fields: Record<string, string>): void; fail(): void }

describe('the live check of a template', () => {
  const text = signal<string | null>('{"n":1}');
  let asked: Asked[];
  let check: LiveCheck;
  const settle = async (ms: number): Promise<void> => {
    TestBed.tick();
    await vi.advanceTimersByTimeAsync(ms);
    TestBed.tick();
  };

  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    text.set('{"n":1}');
    const POST = (_path: string, { body, signal: left }: { body: unknown; signal: AbortSignal }): Promise<unknown> => new Promise((resolve, reject) => {
      asked.push({ body, signal: left, answer: (fields) => resolve({ data: { valid: Object.keys(fields).length === 0, fields, message: '' }, response: { ok: true } }), fail: () => reject(new Error('away')) });
    });
    TestBed.configureTestingModule({ providers: [{ provide: Api, useValue: { client: { POST } } }] });
    check = TestBed.runInInjectionContext(() => liveCheck(text));
  });
  afterEach(() => void vi.useRealTimers());

  it('asks once somebody has stopped typing, and only about the last of it', async () => {
    await settle(200);
    text.set('{"n":2}');
    await settle(200);
    expect(asked.length).toBe(0);
    expect(check.pending()).toBe(true);
    await settle(200);
    expect(asked.map(({ body }) => body)).toEqual([{ n: 2 }]);
    asked[0]?.answer({ '/name': 'is required' });
    await settle(0);
    expect([check.fields(), check.pending()]).toEqual([{ '/name': 'is required' }, false]);
  });

  it('believes no answer to what was changed since', async () => {
    await settle(300);
    text.set('{"n":2}');
    await settle(300);
    expect(asked[0]?.signal.aborted).toBe(true);
    asked[1]?.answer({ '/b': 'x' });
    asked[0]?.answer({ '/a': 'x' });
    await settle(0);
    expect(check.fields()).toEqual({ '/b': 'x' });
  });

  it('asks nothing of what is no document, and tells when it cannot ask', async () => {
    text.set(null);
    await settle(1000);
    expect([asked.length, check.pending(), await check.now()]).toEqual([0, false, false]);
    text.set('{}');
    await settle(300);
    vi.spyOn(console, 'error').mockReturnValue(undefined);
    asked[0]?.fail();
    await settle(0);
    expect([check.problem() === null, check.pending()]).toEqual([false, false]);
  });

  it('asks at once when somebody wants to save', async () => {
    const valid = check.now();
    asked[0]?.answer({});
    expect(await valid).toBe(true);
    await settle(1000);
    expect(asked.length).toBe(2); // what was typed before is asked about, too
  });
});
