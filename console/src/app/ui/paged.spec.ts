import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { ApiError } from '../api/api-error';
import { paged } from './paged';
import type { Page } from './paged';

const settled = async (): Promise<void> => { TestBed.tick(); await new Promise((resolve) => setTimeout(resolve)); TestBed.tick(); };

describe('a list that comes page by page', () => {
  const query = signal('a');
  const fetchPage = vi.fn<(query: string, cursor: string | undefined) => Promise<Page<string>>>();
  beforeEach(() => {
    query.set('a');
    fetchPage.mockReset().mockImplementation((of, cursor) => Promise.resolve(cursor === undefined ? { items: [`${of}1`], next: `after ${of}1` } : { items: [`${of}2`], next: null }));
  });

  it('goes on where it was, and is begun anew when something else is asked for', async () => {
    const list = TestBed.runInInjectionContext(() => paged(query, fetchPage));
    await settled();
    expect([list.items(), list.hasMore()]).toEqual([['a1'], true]);
    await list.more();
    expect([list.items(), list.hasMore()]).toEqual([['a1', 'a2'], false]);
    query.set('b');
    await settled();
    expect([list.items(), list.hasMore()]).toEqual([['b1'], true]);
    expect(fetchPage.mock.calls).toEqual([['a', undefined], ['a', 'after a1'], ['b', undefined]]);
  });

  it('shows what it had until the answer is there', async () => {
    const list = TestBed.runInInjectionContext(() => paged(query, fetchPage));
    await settled();
    expect(list.items()).toEqual(['a1']);
    query.set('b');
    TestBed.tick();
    expect([list.items(), list.isLoading()]).toEqual([['a1'], true]);
  });

  it('takes no page of what is not asked for any more', async () => {
    const list = TestBed.runInInjectionContext(() => paged(query, fetchPage));
    await settled();
    let answer: (page: Page<string>) => void = () => undefined;
    fetchPage.mockImplementationOnce(() => new Promise((resolve) => { answer = resolve; }));
    const more = list.more();
    query.set('b');
    await settled();
    answer({ items: ['a2'], next: null });
    await more;
    expect(list.items()).toEqual(['b1']);
  });

  it('keeps what is there when the next page cannot be had, and says why', async () => {
    const list = TestBed.runInInjectionContext(() => paged(query, fetchPage));
    await settled();
    fetchPage.mockRejectedValueOnce(new ApiError({ status: 0, code: 'unreachable', detail: 'DbMaker cannot be reached.' }));
    await list.more();
    expect([list.items(), list.problem()?.code, list.hasMore()]).toEqual([['a1'], 'unreachable', true]);
  });
});
