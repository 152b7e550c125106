import type { HarnessLoader } from '@angular/cdk/testing';
import { TestbedHarnessEnvironment } from '@angular/cdk/testing/testbed';
import { TestBed } from '@angular/core/testing';
import { MatButtonHarness } from '@angular/material/button/testing';
import { MatInputHarness } from '@angular/material/input/testing';
import { ApiError } from '../api/api-error';
import { WebhookForm } from './webhook-form';
import type { WebhookValues } from './webhook-form';

describe('the form of a webhook', () => {
  async function open(inputs: Readonly<Record<string, unknown>> = {}): Promise<{ element: HTMLElement; loader: HarnessLoader; saved: WebhookValues[]; save: () => Promise<void> }> {
    const fixture = TestBed.createComponent(WebhookForm);
    for (const [name, value] of Object.entries({ act: 'Save', ...inputs })) fixture.componentRef.setInput(name, value);
    const saved: WebhookValues[] = [];
    fixture.componentInstance.saved.subscribe((values) => saved.push(values));
    await fixture.whenStable();
    const loader = TestbedHarnessEnvironment.loader(fixture);
    return { element: fixture.nativeElement as HTMLElement, loader, saved, save: async () => (await loader.getHarness(MatButtonHarness.with({ text: 'Save' }))).click() };
  }

  const check = (element: HTMLElement, label: string): void => [...element.querySelectorAll('label')].find((one) => one.textContent.includes(label))?.querySelector('input')?.click();

  it('asks for an address and for events', async () => {
    const { element, loader, saved, save } = await open();
    await save();
    expect(element.textContent).toContain('An address such as');
    await (await loader.getHarness(MatInputHarness)).setValue(' https://example.com/hook ');
    check(element, 'Only some');
    await save();
    expect(element.textContent).toContain('Choose at least one event.');
    check(element, 'A database fails');
    await save();
    expect(saved).toEqual([{ url: 'https://example.com/hook', types: ['instance.failed'] }]);
  });

  it('has no field for an address that is not shown in full', async () => {
    const { loader, saved, save } = await open({ values: { url: 'https://example.com/...', types: ['*'] }, urlCanChange: false });
    expect(await loader.getAllHarnesses(MatInputHarness)).toEqual([]);
    await save();
    expect(saved).toEqual([{ url: 'https://example.com/...', types: ['*'] }]);
  });

  it('says in its own words what the API refuses', async () => {
    const problem = new ApiError({ status: 400, code: 'invalid_request', detail: 'The request is not valid.', requestId: 'r1', fields: { '/url': 'must not lead to a private address' } });
    const { element } = await open({ problem });
    expect(element.textContent).toContain('The address must not lead to a private address.');
    expect(element.textContent).toContain('Request r1');
  });
});
