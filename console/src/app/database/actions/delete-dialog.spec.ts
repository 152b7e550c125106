import { TestbedHarnessEnvironment } from '@angular/cdk/testing/testbed';
import { TestBed } from '@angular/core/testing';
import { MatButtonHarness } from '@angular/material/button/testing';
import { MAT_DIALOG_DATA, MatDialogRef } from '@angular/material/dialog';
import { MatInputHarness } from '@angular/material/input/testing';
import { DeleteDialog } from './delete-dialog';
import type { DeleteDecision } from './delete-dialog';

describe('the dialog before a deletion', () => {
  it('lets nobody delete who has not typed the name, and makes a backup unless it is told not to', async () => {
    const decisions: DeleteDecision[] = [];
    TestBed.configureTestingModule({
      providers: [{ provide: MAT_DIALOG_DATA, useValue: { name: 'orders' } }, { provide: MatDialogRef, useValue: { close: (decision: DeleteDecision) => decisions.push(decision) } }],
    });
    const loader = TestbedHarnessEnvironment.loader(TestBed.createComponent(DeleteDialog));
    const button = await loader.getHarness(MatButtonHarness.with({ text: 'Delete database' }));
    const name = await loader.getHarness(MatInputHarness);
    await name.setValue('order');
    expect(await button.isDisabled()).toBe(true);
    await name.setValue('orders');
    expect(await button.isDisabled()).toBe(false);
    await button.click();
    expect(decisions).toEqual([{ backup: true }]);
  });
});
