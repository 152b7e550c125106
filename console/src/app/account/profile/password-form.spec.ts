import { TestbedHarnessEnvironment } from '@angular/cdk/testing/testbed';
import { TestBed } from '@angular/core/testing';
import { MatButtonHarness } from '@angular/material/button/testing';
import { MatFormFieldHarness } from '@angular/material/form-field/testing';
import { MatInputHarness } from '@angular/material/input/testing';
import { Api } from '../../api/api';
import { PasswordForm } from './password-form';

describe('the form for a new password', () => {
  const put = vi.fn();
  const setUp = async (): Promise<{ fill: (label: string, text: string) => Promise<void>; submit: () => Promise<void>; errors: () => Promise<string[]>; text: () => string }> => {
    put.mockReset();
    TestBed.configureTestingModule({ providers: [{ provide: Api, useValue: { client: { PUT: put } } }] });
    const fixture = TestBed.createComponent(PasswordForm);
    const loader = TestbedHarnessEnvironment.loader(fixture);
    await fixture.whenStable();
    return {
      fill: async (label, text) => {
        const field = await loader.getHarness(MatFormFieldHarness.with({ floatingLabelText: label }));
        await (await field.getControl(MatInputHarness))?.setValue(text);
      },
      submit: async () => (await loader.getHarness(MatButtonHarness)).click(),
      errors: async () => (await Promise.all((await loader.getAllHarnesses(MatFormFieldHarness)).map((field) => field.getTextErrors()))).flat(),
      text: () => (fixture.nativeElement as HTMLElement).textContent,
    };
  };

  it('asks for all three, long enough and twice the same, before anything is sent', async () => {
    const { fill, submit, errors } = await setUp();
    await fill('New password', 'short');
    await fill('Repeat the new password', 'shorter');
    await submit();
    expect(await errors()).toEqual(['It is needed, so that nobody else changes it at your desk.', 'At least 12 characters.', 'It is not the same.']);
    expect(put).not.toHaveBeenCalled();
  });

  it('changes it, says so and forgets what was typed', async () => {
    const { fill, submit, errors, text } = await setUp();
    put.mockResolvedValue({ response: { ok: true } });
    await fill('Current password', 'the one of before');
    await fill('New password', 'three other words');
    await fill('Repeat the new password', 'three other words');
    await submit();
    expect(put).toHaveBeenCalledWith('/api/users/profile/password', { body: { current: 'the one of before', next: 'three other words' } });
    expect(text()).toContain('Password changed.');
    expect(await errors()).toEqual([]);
  });

  it('keeps what was typed when it is refused, and says why', async () => {
    const { fill, submit, text } = await setUp();
    put.mockResolvedValue({ response: { ok: false, status: 403 }, error: { code: 'forbidden', detail: 'The current password is not right.', requestId: 'r1' } });
    for (const [label, word] of [['Current password', 'a wrong one'], ['New password', 'three other words'], ['Repeat the new password', 'three other words']] as const) await fill(label, word);
    await submit();
    expect(text()).toContain('The current password is not right.');
    expect(text()).toContain('r1');
    expect(text()).not.toContain('Password changed.');
  });
});
