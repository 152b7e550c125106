import { TestbedHarnessEnvironment } from '@angular/cdk/testing/testbed';
import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { MatButtonHarness } from '@angular/material/button/testing';
import { MatDialogHarness } from '@angular/material/dialog/testing';
import { MatInputHarness } from '@angular/material/input/testing';
import { provideRouter } from '@angular/router';
import { Api } from '../../api/api';
import type { Person } from '../../api/types';
import { Session } from '../../sign-in/session';
import { UserPage } from './user-page';

const GB = 1024 ** 3;
const ANN: Person = {
  id: 'u1', username: 'ann', displayName: 'Ann Lee', email: null, role: 'user', disabled: false, createdAt: '2026-01-31T12:00:00Z', lastSeenAt: null,
  quota: { instances: 10, memoryBytes: 8 * GB, cpus: 16, backupBytes: 10 * GB }, usage: { instances: 3, memoryBytes: GB, cpus: 3, backupBytes: 0 },
};
const token = { id: 't1', name: 'laptop', scopes: ['read'], createdAt: '2026-01-31T12:00:00Z', expiresAt: null, lastUsedAt: null };

interface Asked { readonly method: string; readonly path: string; readonly body: unknown }

async function open({ issuer = 'embedded', me = 'u9' } = {}): Promise<{ element: HTMLElement; loader: ReturnType<typeof TestbedHarnessEnvironment.documentRootLoader>; asked: Asked[]; settled: () => Promise<void> }> {
  const asked: Asked[] = [];
  const answers = (method: string) => (path: string, { body }: { body?: Partial<Person> } = {}): Promise<unknown> => {
    if (method !== 'GET') asked.push({ method, path, body });
    const data = path.endsWith('/tokens') ? { items: [token] } : path.endsWith('/password') ? { username: 'ann', password: 'one-time' } : { ...ANN, ...body, quota: { ...ANN.quota, ...body?.quota } };
    return Promise.resolve({ data, response: { ok: true, status: 200 } });
  };
  const client = { GET: answers('GET'), POST: answers('POST'), PATCH: answers('PATCH'), DELETE: answers('DELETE') };
  TestBed.configureTestingModule({
    providers: [
      provideRouter([]),
      { provide: Api, useValue: { client } },
      { provide: Session, useValue: { profile: signal({ id: me, username: 'boss', role: 'admin' }), issuer: signal({ issuer, authority: 'https://login.example.com/tenant' }) } },
    ],
  });
  const fixture = TestBed.createComponent(UserPage);
  fixture.componentRef.setInput('id', 'u1');
  await fixture.whenStable();
  return { element: fixture.nativeElement as HTMLElement, loader: TestbedHarnessEnvironment.documentRootLoader(fixture), asked, settled: () => fixture.whenStable() };
}

const labels = async (loader: Awaited<ReturnType<typeof open>>['loader']): Promise<string[]> => Promise.all((await loader.getAllHarnesses(MatButtonHarness)).map((button) => button.getText()));

describe('the page of a user', () => {
  it('shows what is in use of what may be', async () => {
    const { element } = await open();
    for (const text of ['Ann Lee', 'never seen', '3 of 10', '1 GB of 8 GB', '3 of 16', '0 B of 10 GB', 'laptop']) expect(element.textContent).toContain(text);
  });

  it('writes only what was changed, in the units of the API', async () => {
    const { loader, asked } = await open();
    const save = await loader.getHarness(MatButtonHarness.with({ text: 'Save' }));
    expect(await save.isDisabled()).toBe(true);
    const memory = (await loader.getAllHarnesses(MatInputHarness.with({ selector: '[type=number]' })))[1];
    await memory?.setValue('0.5');
    await save.click();
    expect(asked).toEqual([{ method: 'PATCH', path: '/api/users/{id}', body: { quota: { memoryBytes: GB / 2 } } }]);
    expect(await save.isDisabled()).toBe(true);
  });

  it('refuses what is no number before it is sent', async () => {
    const { element, loader, asked } = await open();
    const [instances] = await loader.getAllHarnesses(MatInputHarness.with({ selector: '[type=number]' }));
    for (const [text, problem] of [['-1', 'must not be less than 0'], ['1.5', 'no halves of databases'], ['', 'A number is needed']] as const) {
      await instances?.setValue(text);
      await (await loader.getHarness(MatButtonHarness.with({ text: 'Save' }))).click();
      expect(element.textContent).toContain(problem);
    }
    expect(asked).toEqual([]);
  });

  it('shows a one-time password once, and revokes tokens if that was wanted', async () => {
    const { element, loader, asked, settled } = await open();
    await (await loader.getHarness(MatButtonHarness.with({ text: /One-time password/ }))).click();
    const dialog = await loader.getHarness(MatDialogHarness);
    document.querySelector<HTMLInputElement>('mat-dialog-container input')?.click();
    await (await dialog.getHarness(MatButtonHarness.with({ text: 'Make a one-time password' }))).click();
    await vi.waitFor(() => expect(asked).toHaveLength(1)); // the dialog takes a moment to close
    await settled();
    expect(element.textContent).toContain('one-time');
    expect(asked).toEqual([{ method: 'POST', path: '/api/users/{id}/password', body: { revokeTokens: true } }]);
  });

  it('says what happens before somebody is disabled', async () => {
    const { element, loader, asked, settled } = await open();
    await (await loader.getHarness(MatButtonHarness.with({ text: /^Disable/ }))).click();
    const dialog = await loader.getHarness(MatDialogHarness);
    expect(await dialog.getText()).toContain('All sign-ins of ann end at once');
    await (await dialog.getHarness(MatButtonHarness.with({ text: 'Disable account' }))).click();
    await vi.waitFor(() => expect(asked).toEqual([{ method: 'PATCH', path: '/api/users/{id}', body: { disabled: true } }]));
    await settled();
    expect(element.textContent).toContain('The account is disabled');
    expect(await labels(loader)).toContain('Enable …');
  });

  it('offers no passwords where people sign in elsewhere, and says where', async () => {
    const { element, loader } = await open({ issuer: 'external' });
    expect(await labels(loader)).not.toContain('One-time password …');
    expect(element.textContent).toContain('people sign in at login.example.com');
  });

  it('of oneself offers nothing that would lock the door behind one', async () => {
    const { element, loader } = await open({ me: 'u1' });
    expect((await labels(loader)).filter((text) => /password|Disable/.test(text))).toEqual([]);
    expect(element.querySelector('select')?.disabled).toBe(true);
  });
});
