import { TestBed } from '@angular/core/testing';
import type { ComponentFixture } from '@angular/core/testing';
import type { HarnessLoader } from '@angular/cdk/testing';
import { TestbedHarnessEnvironment } from '@angular/cdk/testing/testbed';
import { MatButtonHarness } from '@angular/material/button/testing';
import { MatFormFieldHarness } from '@angular/material/form-field/testing';
import { MatInputHarness } from '@angular/material/input/testing';
import { provideRouter } from '@angular/router';
import { Templates } from '../api/templates';
import type { Template } from '../api/types';
import { LiveDatabases } from '../live/live-databases';
import { CreatePage } from './create-page';

const template = (key: string, available: boolean): Template => ({
  key, name: key, type: key, image: 'i', defaultPort: 1, connectionStringTemplate: 's', builtin: true, createdAt: '', updatedAt: '', availability: available ? { available } : { available, reason: 'There is no redis-server.' },
});

describe('the page that makes a database', () => {
  let element: HTMLElement;
  let loader: HarnessLoader;
  let fixture: ComponentFixture<CreatePage>;

  beforeEach(async () => {
    localStorage.clear();
    TestBed.configureTestingModule({ providers: [
      provideRouter([]),
      { provide: Templates, useValue: { list: () => Promise.resolve([template('mysql', false), template('postgresql', true), template('redis', true)]) } },
      { provide: LiveDatabases, useValue: { all: () => [{ name: 'postgresql', owner: '' }, { name: 'redis', owner: 'somebody else' }] } },
    ] });
    fixture = TestBed.createComponent(CreatePage);
    element = fixture.nativeElement as HTMLElement;
    loader = TestbedHarnessEnvironment.loader(fixture);
    await fixture.whenStable();
  });

  const radio = (key: string): HTMLInputElement => element.querySelector<HTMLInputElement>(`input[value=${key}]`) ?? expect.fail(key);
  const name = (): Promise<MatInputHarness> => loader.getHarness(MatInputHarness);

  it('says why a template cannot be had, and does not let it be chosen', () => {
    expect(element.textContent).toContain('There is no redis-server.');
    expect(radio('mysql').disabled).toBe(true);
  });

  it('comes with what can be had and a name that is free, so that one click makes it', async () => {
    expect(radio('postgresql').checked).toBe(true);
    expect(await (await name()).getValue()).toBe('postgresql-2');
    const field = await loader.getHarness(MatFormFieldHarness.with({ floatingLabelText: 'Name' }));
    expect((await field.getTextHints()).join()).toContain('begin with -postgresql-····');
  });

  it('suggests another name with another kind, but leaves one that somebody has thought of', async () => {
    radio('redis').click();
    expect(await (await name()).getValue()).toBe('redis');
    await (await name()).setValue('orders');
    radio('postgresql').click();
    expect(await (await name()).getValue()).toBe('orders');
  });

  it('tells what is wrong with a name in the words of the server', async () => {
    await (await name()).setValue('Not a name');
    await (await loader.getHarness(MatButtonHarness.with({ text: 'Create database' }))).click();
    const field = await loader.getHarness(MatFormFieldHarness.with({ floatingLabelText: 'Name' }));
    expect((await field.getTextErrors()).join()).toContain('must be 1 to 40 characters');
  });
});
