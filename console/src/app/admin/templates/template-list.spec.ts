import { TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import { Api } from '../../api/api';
import { Templates } from '../../api/templates';
import type { Template } from '../../api/types';
import { TemplateList } from './template-list';

const template = (key: string, change: Partial<Template>): Template => ({
  key, name: key, type: key, image: `${key}:1`, defaultPort: 1, connectionStringTemplate: 's', builtin: false, availability: { available: true }, createdAt: '', updatedAt: '', ...change,
});

describe('the list of templates', () => {
  it('says of each what it is and whether it can run here, and lets what is built in not be deleted', async () => {
    const list = [template('redis', { builtin: true }), template('mine', { availability: { available: false, reason: 'Only with Docker.', remedy: 'Install Docker.' } }), template('new', { availability: null })];
    TestBed.configureTestingModule({ providers: [provideRouter([]), { provide: Api, useValue: { client: {} } }, { provide: Templates, useValue: { list: () => Promise.resolve(list) } }] });
    const fixture = TestBed.createComponent(TemplateList);
    await fixture.whenStable();
    const [redis, mine, fresh] = [...(fixture.nativeElement as HTMLElement).querySelectorAll('li')];
    expect(redis?.textContent).toContain('built in');
    expect(redis?.querySelector('button')).toBeNull();
    expect(mine?.textContent).toContain('Only with Docker. Install Docker.');
    expect(mine?.querySelector('button')?.getAttribute('aria-label')).toBe('Delete: mine');
    expect(mine?.querySelector('a[href="/admin/templates/new?from=mine"]')).not.toBeNull();
    expect(fresh?.textContent).toContain('Not known yet');
  });
});
