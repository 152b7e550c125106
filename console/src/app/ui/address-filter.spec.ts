import { Component } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { provideRouter, Router } from '@angular/router';
import { RouterTestingHarness } from '@angular/router/testing';
import { addressFilter } from './address-filter';

const NONE = { search: '', state: '' };

@Component({ selector: 'dbm-filtered', template: '{{ filter().search }}' })
class Filtered {
  readonly filter = addressFilter(NONE);
}

describe('a filter that stands in the address', () => {
  let harness: RouterTestingHarness;
  beforeEach(async () => {
    TestBed.configureTestingModule({ providers: [provideRouter([{ path: 'list', component: Filtered }])] });
    harness = await RouterTestingHarness.create();
  });

  it('is what the address says at first', async () => {
    const { filter } = await harness.navigateByUrl('/list?search=orders', Filtered);
    expect(filter()).toEqual({ search: 'orders', state: '' });
  });

  it('follows a link to the same page with another filter, or none', async () => {
    const { filter } = await harness.navigateByUrl('/list?search=orders', Filtered);
    await harness.navigateByUrl('/list?state=failed');
    expect(filter()).toEqual({ search: '', state: 'failed' });
    await harness.navigateByUrl('/list');
    expect(filter()).toEqual(NONE);
  });

  it('is told to the address, only where it filters', async () => {
    const { filter } = await harness.navigateByUrl('/list?other=1', Filtered);
    filter.set({ search: 'a b', state: '' });
    await harness.fixture.whenStable();
    expect(TestBed.inject(Router).url).toBe('/list?other=1&search=a%20b');
    filter.set(NONE);
    await harness.fixture.whenStable();
    expect(TestBed.inject(Router).url).toBe('/list?other=1');
  });
});
