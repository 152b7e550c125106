import { TestBed } from '@angular/core/testing';
import type { HarnessLoader } from '@angular/cdk/testing';
import { TestbedHarnessEnvironment } from '@angular/cdk/testing/testbed';
import { MatButtonHarness } from '@angular/material/button/testing';
import { MatFormFieldHarness } from '@angular/material/form-field/testing';
import { MatInputHarness } from '@angular/material/input/testing';
import { provideRouter } from '@angular/router';
import { Templates } from '../api/templates';
import type { Template } from '../api/types';
import { CreatePage } from './create-page';

const template = (key: string, available: boolean): Template => ({
  key, name: key, type: key, image: 'i', defaultPort: 1, connectionStringTemplate: 's', builtin: true, createdAt: '', updatedAt: '', availability: available ? { available } : { available, reason: 'There is no redis-server.' },
});

describe('the page that makes a database', () => {
  let element: HTMLElement;
  let loader: HarnessLoader;

  beforeEach(async () => {
    TestBed.configureTestingModule({ providers: [provideRouter([]), { provide: Templates, useValue: { list: () => Promise.resolve([template('postgresql', true), template('redis', false)]) } }] });
    const fixture = TestBed.createComponent(CreatePage);
    element = fixture.nativeElement as HTMLElement;
    loader = TestbedHarnessEnvironment.loader(fixture);
    await fixture.whenStable();
  });

  it('says why a template cannot be had, and does not let it be chosen', () => {
    expect(element.textContent).toContain('There is no redis-server.');
    expect(element.querySelectorAll<HTMLInputElement>('input[type=radio]')[1]?.disabled).toBe(true);
  });

  it('shows the address as soon as the kind is known', async () => {
    element.querySelector<HTMLInputElement>('input[type=radio]')?.click();
    const field = await loader.getHarness(MatFormFieldHarness.with({ floatingLabelText: 'Name' }));
    expect((await field.getTextHints()).join()).toContain('-postgresql-····');
  });

  it('tells what is wrong with a name in the words of the server, and asks for a kind', async () => {
    await (await loader.getHarness(MatInputHarness)).setValue('Not a name');
    await (await loader.getHarness(MatButtonHarness.with({ text: 'Create database' }))).click();
    const field = await loader.getHarness(MatFormFieldHarness.with({ floatingLabelText: 'Name' }));
    expect((await field.getTextErrors()).join()).toContain('must be 1 to 40 characters');
    expect(element.textContent).toContain('Choose a template.');
  });
});
