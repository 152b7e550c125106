import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import { Api } from '../../api/api';
import { ApiError } from '../../api/api-error';
import type { Monitoring } from '../../api/types';
import { LiveDatabases } from '../../live/live-databases';
import { CapacityPage } from './capacity-page';

const GB = 1024 ** 3;
const FIGURES: Monitoring = {
  instances: { total: 2, byStatus: { pending: 0, provisioning: 0, running: 2, sleeping: 0, stopped: 0, failed: 0, deleting: 0 } },
  promised: { memoryBytes: GB, cpus: 2 }, ports: { from: 1, to: 100, taken: 2, quarantined: 0, free: 98 }, lastResync: null,
  capacity: { memory: { totalBytes: 8 * GB, availableBytes: 6 * GB }, cpus: 4, disks: [] },
  workers: [{ worker: 'reconciler', at: '2026-01-31T12:00:00Z', stale: true, state: {} }],
};

describe('the page of capacity', () => {
  it('shows what there is, marks who is silent, and asks again when the server is back', async () => {
    const state = signal('live');
    const GET = vi.fn().mockResolvedValue({ data: FIGURES, response: { ok: true } });
    TestBed.configureTestingModule({ providers: [provideRouter([]), { provide: Api, useValue: { client: { GET } } }, { provide: LiveDatabases, useValue: { state } }] });
    const fixture = TestBed.createComponent(CapacityPage);
    await fixture.whenStable();
    const element = fixture.nativeElement as HTMLElement;
    for (const text of ['2 databases', '1 GB of 8 GB', '2 of 4', 'No sign of life since', 'No worker gives a sign of life']) expect(element.textContent).toContain(text);
    expect(GET).toHaveBeenCalledTimes(1);
    state.set('reconnecting');
    await fixture.whenStable();
    state.set('live');
    await fixture.whenStable();
    expect(GET).toHaveBeenCalledTimes(2);
  });

  it('keeps the figures of before when they cannot be had anew, and says why', async () => {
    const GET = vi.fn().mockResolvedValueOnce({ data: FIGURES, response: { ok: true } }).mockRejectedValue(new ApiError({ status: 0, code: 'unreachable', detail: 'DbMaker cannot be reached.' }));
    TestBed.configureTestingModule({ providers: [provideRouter([]), { provide: Api, useValue: { client: { GET } } }, { provide: LiveDatabases, useValue: { state: signal('live') } }] });
    const fixture = TestBed.createComponent(CapacityPage);
    await fixture.whenStable();
    const element = fixture.nativeElement as HTMLElement;
    element.querySelector('button')?.click();
    await fixture.whenStable();
    expect(element.textContent).toContain('DbMaker cannot be reached.');
    expect(element.textContent).toContain('2 databases');
  });
});
