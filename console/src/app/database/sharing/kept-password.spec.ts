import { TestbedHarnessEnvironment } from '@angular/cdk/testing/testbed';
import { TestBed } from '@angular/core/testing';
import { MatButtonHarness } from '@angular/material/button/testing';
import { MatDialog } from '@angular/material/dialog';
import { of } from 'rxjs';
import type { Database, Share } from '../../api/types';
import { Actions } from '../actions/actions';
import { KeptPassword, withLost } from './kept-password';

const share = (displayName: string, access: Share['access']): Share => ({ username: displayName.toLowerCase(), displayName, access, since: '' });
const [ann, bob] = [share('Ann', 'operator'), share('Bob', 'viewer')];
const running = { id: 'd1', status: 'running', desired: 'running', engine: 'postgresql', access: 'owner' } as Database;

describe('whoever lost access', () => {
  it('is who can do less than before, once each, as the most that they were', () => {
    expect(withLost([], ann)).toEqual([ann]);
    expect(withLost([ann], bob)).toEqual([ann, bob]);
    const lowered = withLost([], ann, 'viewer');
    expect(lowered).toEqual([ann]);
    expect(withLost(lowered, { ...ann, access: 'viewer' })).toEqual([ann]);
    expect(withLost(lowered, { ...ann, access: 'viewer' }, 'operator')).toEqual([]);
  });
});

describe('the offer of a new password', () => {
  const run = vi.fn();
  const setUp = async (before: readonly Share[], database = running, isWanted = true): Promise<{ text: () => string; buttons: () => Promise<MatButtonHarness[]>; told: () => number }> => {
    run.mockReset();
    TestBed.configureTestingModule({ providers: [
      { provide: Actions, useValue: { run } },
      { provide: MatDialog, useValue: { open: () => ({ afterClosed: () => of(isWanted) }) } },
    ] });
    const fixture = TestBed.createComponent(KeptPassword);
    fixture.componentRef.setInput('database', database);
    fixture.componentRef.setInput('before', before);
    let told = 0;
    fixture.componentInstance.rotated.subscribe(() => {
      told += 1;
      fixture.componentRef.setInput('before', []);
    });
    const loader = TestbedHarnessEnvironment.loader(fixture);
    await fixture.whenStable();
    return { text: () => (fixture.nativeElement as HTMLElement).textContent, buttons: () => loader.getAllHarnesses(MatButtonHarness.with({ text: 'New password …' })), told: () => told };
  };

  it('names those who have got it, and makes a new one when that is confirmed', async () => {
    const { text, buttons, told } = await setUp([ann, bob]);
    expect(text()).toContain('Ann may have kept the password');
    await (await buttons())[0]?.click();
    expect(run).toHaveBeenCalledWith('rotate-password', 'd1');
    expect(told()).toBe(1);
    expect(text()).toContain('It gets a new password');
    expect(await buttons()).toEqual([]);
  });

  it('does nothing when it is not confirmed', async () => {
    const { buttons, told } = await setUp([ann], running, false);
    await (await buttons())[0]?.click();
    expect([run.mock.calls.length, told()]).toEqual([0, 0]);
  });

  it('says of viewers that they may have been more before', async () => expect((await setUp([bob])).text()).toContain('If Bob had the password before, it may have been kept'));

  it('is made once it runs, and not at all where there is no way to change it', async () => {
    const stopped = await setUp([ann], { ...running, status: 'stopped', desired: 'stopped' });
    expect(stopped.text()).toContain('It can be changed while the database runs.');
    expect(await stopped.buttons()).toEqual([]);
    TestBed.resetTestingModule();
    expect((await setUp([ann], { ...running, engine: 'generic' })).text().trim()).toBe('');
  });
});
