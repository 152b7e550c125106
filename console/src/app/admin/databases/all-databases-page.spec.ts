import { TestbedHarnessEnvironment } from '@angular/cdk/testing/testbed';
import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { MatButtonHarness } from '@angular/material/button/testing';
import { MatInputHarness } from '@angular/material/input/testing';
import { provideRouter } from '@angular/router';
import type { Database } from '../../api/types';
import { AllDatabases } from '../../live/all-databases';
import { AllDatabasesPage } from './all-databases-page';

const database = (n: number): Database => ({
  id: String(n), name: `db-${n}`, slug: `ann-redis-${n}`, owner: n === 7 ? 'bob' : 'ann', type: 'redis', template: 'redis', version: '7', status: 'running', health: null, progress: null, reason: null,
  resources: { memoryBytes: 1024 ** 2, cpus: 1 }, since: '2026-01-31T12:00:00Z',
}) as unknown as Database;

describe('the page of everybody\'s databases', () => {
  const all = signal<readonly Database[]>([]);
  const left = vi.fn();

  async function open(): Promise<{ element: HTMLElement; loader: ReturnType<typeof TestbedHarnessEnvironment.loader>; settled: () => Promise<void>; destroy: () => void }> {
    TestBed.configureTestingModule({ providers: [provideRouter([]), { provide: AllDatabases, useValue: { state: signal('live'), all, watch: () => left } }] });
    const fixture = TestBed.createComponent(AllDatabasesPage);
    await fixture.whenStable();
    return { element: fixture.nativeElement as HTMLElement, loader: TestbedHarnessEnvironment.loader(fixture), settled: () => fixture.whenStable(), destroy: () => fixture.destroy() };
  }

  const rows = (element: HTMLElement): number => element.querySelectorAll('dbm-owned-row').length;

  it('makes a hundred rows at a time, however many there are', async () => {
    all.set(Array.from({ length: 250 }, (_, n) => database(n)));
    const { element, loader } = await open();
    expect(rows(element)).toBe(100);
    await (await loader.getHarness(MatButtonHarness.with({ text: 'Show more (150 are left)' }))).click();
    await (await loader.getHarness(MatButtonHarness.with({ text: 'Show more (50 are left)' }))).click();
    expect(rows(element)).toBe(250);
    expect(await loader.getAllHarnesses(MatButtonHarness.with({ text: /Show more/ }))).toEqual([]);
  });

  it('finds those of an owner, and follows what happens', async () => {
    all.set([database(7), database(8)]);
    const { element, loader, settled, destroy } = await open();
    await (await loader.getAllHarnesses(MatInputHarness))[1]?.setValue('bo');
    expect([rows(element), element.textContent.includes('1 of 2 databases, 1 MB of memory promised')]).toEqual([1, true]);
    all.set([database(8)]);
    await settled();
    expect(element.textContent).toContain('No database matches.');
    await (await loader.getHarness(MatButtonHarness.with({ text: 'Show all' }))).click();
    expect(rows(element)).toBe(1);
    destroy();
    expect(left).toHaveBeenCalledOnce();
  });
});
