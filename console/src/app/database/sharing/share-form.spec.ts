import { TestbedHarnessEnvironment } from '@angular/cdk/testing/testbed';
import { TestBed } from '@angular/core/testing';
import { MatButtonHarness } from '@angular/material/button/testing';
import { MatFormFieldHarness } from '@angular/material/form-field/testing';
import { MatInputHarness } from '@angular/material/input/testing';
import { Api } from '../../api/api';
import { ShareForm } from './share-form';

describe('the form that shares a database', () => {
  const put = vi.fn();
  const setUp = async (): Promise<{ element: HTMLElement; name: MatInputHarness; share: () => Promise<void>; errors: () => Promise<string[]>; told: () => number }> => {
    put.mockReset();
    TestBed.configureTestingModule({ providers: [{ provide: Api, useValue: { client: { PUT: put } } }] });
    const fixture = TestBed.createComponent(ShareForm);
    fixture.componentRef.setInput('databaseId', 'd1');
    let told = 0;
    fixture.componentInstance.shared.subscribe(() => { told += 1; });
    const loader = TestbedHarnessEnvironment.loader(fixture);
    await fixture.whenStable();
    return {
      element: fixture.nativeElement as HTMLElement,
      name: await loader.getHarness(MatInputHarness),
      share: async () => (await loader.getHarness(MatButtonHarness)).click(),
      errors: async () => (await loader.getHarness(MatFormFieldHarness)).getTextErrors(),
      told: () => told,
    };
  };

  it('says what each kind of access is for, and proposes the lesser one', async () => {
    const { element } = await setUp();
    expect(element.textContent).toContain('Does not get the password.');
    expect(element.querySelector<HTMLInputElement>('input[value=viewer]')?.checked).toBe(true);
  });

  it('asks with whom', async () => {
    const { share, errors } = await setUp();
    await share();
    expect(await errors()).toEqual(['With whom?']);
    expect(put).not.toHaveBeenCalled();
  });

  it('shares it as what was chosen, says so, and is empty again', async () => {
    const { element, name, share, told } = await setUp();
    put.mockResolvedValue({ response: { ok: true }, data: { displayName: 'Bob' } });
    await name.setValue(' Bob');
    element.querySelector<HTMLInputElement>('input[value=operator]')?.click();
    await share();
    expect(put).toHaveBeenCalledWith('/api/containers/{id}/shares/{username}', { params: { path: { id: 'd1', username: 'bob' } }, body: { access: 'operator' } });
    expect(element.textContent).toContain('Bob has access now.');
    expect([await name.getValue(), told()]).toEqual(['', 1]);
  });

  it('keeps what was typed when it is refused, and says why', async () => {
    const { element, name, share, told } = await setUp();
    put.mockResolvedValue({ response: { ok: false, status: 404 }, error: { code: 'not_found', detail: 'There is nobody of this username.', requestId: 'r1' } });
    await name.setValue('nobody');
    await share();
    expect(element.textContent).toContain('There is nobody of this username.');
    expect([await name.getValue(), told()]).toEqual(['nobody', 0]);
  });
});
