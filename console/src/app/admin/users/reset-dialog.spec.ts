import { TestbedHarnessEnvironment } from '@angular/cdk/testing/testbed';
import { TestBed } from '@angular/core/testing';
import { MatButtonHarness } from '@angular/material/button/testing';
import { MAT_DIALOG_DATA, MatDialogRef } from '@angular/material/dialog';
import { ResetDialog } from './reset-dialog';
import type { ResetDecision } from './reset-dialog';

describe('the dialog before a one-time password', () => {
  it('leaves API tokens alone unless it is told not to', async () => {
    const decisions: ResetDecision[] = [];
    TestBed.configureTestingModule({
      providers: [{ provide: MAT_DIALOG_DATA, useValue: { username: 'ann' } }, { provide: MatDialogRef, useValue: { close: (decision: ResetDecision) => decisions.push(decision) } }],
    });
    const fixture = TestBed.createComponent(ResetDialog);
    const act = await TestbedHarnessEnvironment.loader(fixture).getHarness(MatButtonHarness.with({ text: 'Make a one-time password' }));
    await act.click();
    (fixture.nativeElement as HTMLElement).querySelector('input')?.click();
    await act.click();
    expect(decisions).toEqual([{ revoke: false }, { revoke: true }]);
  });
});
