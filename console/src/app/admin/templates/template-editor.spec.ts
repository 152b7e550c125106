import { TestbedHarnessEnvironment } from '@angular/cdk/testing/testbed';
import type { HarnessLoader } from '@angular/cdk/testing';
import { Component, input } from '@angular/core';
import type { ComponentFixture } from '@angular/core/testing';
import { TestBed } from '@angular/core/testing';
import { MatButtonHarness } from '@angular/material/button/testing';
import { MatFormFieldHarness } from '@angular/material/form-field/testing';
import { MatInputHarness } from '@angular/material/input/testing';
import { provideRouter, Router } from '@angular/router';
import { Api } from '../../api/api';
import { Session } from '../../sign-in/session';
import type { LiveCheck } from './live-check';
import { TemplateEditor } from './template-editor';
import { partsOf } from './template-values';
import { TestRun } from './test-run';

const REDIS = { name: 'Redis', type: 'redis', image: 'redis:7', defaultPort: 6379, connectionStringTemplate: 'redis://{subdomain}:{port}', policies: { allow: { ttl: '7d' } } };

@Component({ selector: 'dbm-test-run', template: '{{ canRun() }}' })
class NoTestRun {
  readonly document = input.required<string | null>();
  readonly canRun = input.required<boolean>();
}

describe('the editor of a template', () => {
  let fixture: ComponentFixture<TemplateEditor>;
  let loader: HarnessLoader;
  let sent: { method: string; path: string; body: unknown }[];
  /** What the server says is wrong. */
  let fields: Record<string, string>;

  const settle = async (): Promise<void> => {
    await fixture.whenStable();
    const { check } = fixture.componentInstance as unknown as { readonly check: LiveCheck };
    await vi.waitUntil(() => !check.pending(), { timeout: 5000 }); // what was typed is asked about a moment after the last key
    await fixture.whenStable();
  };
  const open = async (document: object, key: string | null): Promise<void> => {
    const answer = (method: string) => (path: string, { body }: { body: unknown }) => {
      sent.push({ method, path, body });
      return Promise.resolve({ data: { valid: Object.keys(fields).length === 0, fields, message: '' }, response: { ok: true } });
    };
    TestBed.configureTestingModule({ providers: [
      provideRouter([{ path: 'admin/templates', children: [] }]), { provide: Api, useValue: { client: { POST: answer('POST'), PUT: answer('PUT') } } }, { provide: Session, useValue: { profile: () => null } },
    ] });
    TestBed.overrideComponent(TemplateEditor, { remove: { imports: [TestRun] }, add: { imports: [NoTestRun] } });
    fixture = TestBed.createComponent(TemplateEditor);
    fixture.componentRef.setInput('initial', partsOf({ ...document }));
    fixture.componentRef.setInput('key', key);
    fixture.componentRef.setInput('place', 'x');
    loader = TestbedHarnessEnvironment.loader(fixture);
    await settle();
  };
  const field = (label: string): Promise<MatFormFieldHarness> => loader.getHarness(MatFormFieldHarness.with({ floatingLabelText: label }));
  const type = async (label: string, text: string): Promise<void> => {
    await (await (await field(label)).getControl(MatInputHarness))?.setValue(text);
    await settle();
  };
  const press = async (text: string): Promise<void> => (await loader.getHarness(MatButtonHarness.with({ text }))).click();
  const saved = (): typeof sent => sent.filter(({ path }) => path !== '/api/templates/validate');
  const page = (): string => (fixture.nativeElement as HTMLElement).textContent;

  beforeEach(() => {
    sent = [];
    fields = {};
  });

  it('says at its field what the server finds wrong with what was typed, and where it has none beside them', async () => {
    await open(REDIS, null);
    expect(page()).toContain('No problems found');
    fields = { '/image': 'must be an image name', '/policies/allow/ttl': 'must be a time' };
    await type('Image', 'http://x');
    expect(sent.at(-1)).toEqual({ method: 'POST', path: '/api/templates/validate', body: { ...REDIS, image: 'http://x' } });
    await (await (await field('Image')).getControl(MatInputHarness))?.blur();
    expect(await (await field('Image')).getTextErrors()).toEqual(['The image must be an image name.']);
    expect(page()).toContain('policies.allow.ttl must be a time.');
    expect(page()).toContain('2 problems to fix');
    expect(page()).toContain('false');
    expect(saved()).toEqual([]);
  });

  it('does not save what is wrong, and says what', async () => {
    fields = { '/name': 'is required' };
    await open({}, null);
    expect(await (await field('Name')).getTextErrors()).toEqual([]); // nobody has typed anything yet
    await press('Add template');
    await fixture.whenStable();
    expect(await (await field('Name')).getTextErrors()).toEqual(['The name is required.']);
    expect(saved()).toEqual([]);
    fields = {};
    await type('Name', 'Redis');
    await press('Add template');
    await settle();
    expect(saved()).toEqual([{ method: 'POST', path: '/api/templates', body: { name: 'Redis' } }]);
    expect(TestBed.inject(Router).url).toBe('/admin/templates');
  });

  it('shows the same as JSON and back, with what the form has no field for', async () => {
    await open(REDIS, 'redis');
    await press('JSON');
    const area = await field('The whole document');
    const text = await (await area.getControl(MatInputHarness))?.getValue();
    expect(JSON.parse(text ?? '')).toEqual(REDIS);
    await type('The whole document', '{"name": "Red');
    expect(page()).toContain('It cannot be read');
    await press('Form');
    expect(page()).toContain('It cannot be read'); // first that
    await type('The whole document', JSON.stringify({ ...REDIS, name: 'Redis 8', privileged: true }));
    await press('Form');
    await settle();
    expect(await (await (await field('Name')).getControl(MatInputHarness))?.getValue()).toBe('Redis 8');
    await press('Save');
    await settle();
    expect(saved()).toEqual([{ method: 'PUT', path: '/api/templates/{name}', body: { ...REDIS, name: 'Redis 8', privileged: true } }]);
  });

  it('leaves to the JSON what is no text of lines, and loses nothing of it', async () => {
    await open({ ...REDIS, command: ['a\nb'], environmentVariables: { A: 1 } }, 'redis');
    expect(page()).toContain('Its command can be changed in the JSON only');
    expect(page()).toContain('Its variables can be changed in the JSON only');
    expect(sent.at(-1)?.body).toEqual({ ...REDIS, command: ['a\nb'], environmentVariables: { A: 1 } });
  });
});
