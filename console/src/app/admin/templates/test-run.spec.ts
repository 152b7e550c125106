import { TestbedHarnessEnvironment } from '@angular/cdk/testing/testbed';
import type { HarnessLoader } from '@angular/cdk/testing';
import { Component, input, signal } from '@angular/core';
import type { ComponentFixture } from '@angular/core/testing';
import { TestBed } from '@angular/core/testing';
import { MatButtonHarness } from '@angular/material/button/testing';
import { Subject } from 'rxjs';
import { Api } from '../../api/api';
import { AuthorisedFetch } from '../../api/authorised-fetch';
import type { Database } from '../../api/types';
import { ConnectionCard } from '../../database/overview/connection-card';
import { AllDatabases } from '../../live/all-databases';
import { LiveDatabases } from '../../live/live-databases';
import type { LiveEvent } from '../../live/live-message';
import { Session } from '../../sign-in/session';
import { TestRun } from './test-run';

const made = (change: Partial<Database> = {}): Database => ({ id: 'a1', name: 'test-redis-abcd', status: 'pending', reason: null, progress: null, attempts: 0, version: null, ...change }) as Database;

@Component({ selector: 'dbm-connection-card', template: '<ng-container i18n>the connection of {{ database().name }}</ng-container>' })
class NoConnection {
  readonly database = input.required<Database>();
}

describe('the test run of a template', () => {
  let fixture: ComponentFixture<TestRun>;
  let loader: HarnessLoader;
  let sent: string[];
  let log: string;
  const live = signal<ReadonlyMap<string, Database>>(new Map());
  const events = new Subject<LiveEvent>();

  beforeEach(async () => {
    sent = [];
    log = 'no such setting';
    live.set(new Map());
    const call = (method: string) => (path: string, options: { body?: unknown; params?: { path?: { id?: string }; query?: object } }) => {
      sent.push([method, path.replace('{id}', options.params?.path?.id ?? ''), JSON.stringify(options.body ?? options.params?.query ?? {})].join(' '));
      if (path.endsWith('/logs')) return Promise.resolve({ data: log, response: { ok: true } });
      if (method === 'GET') return Promise.resolve({ error: { code: 'not_found', detail: 'There is no such database.', status: 404, requestId: 'r' }, response: { ok: false, status: 404 } });
      return Promise.resolve({ data: made(), response: { ok: true } });
    };
    const stream = { byId: live, state: signal('live'), events };
    TestBed.configureTestingModule({ providers: [
      { provide: Api, useValue: { client: { GET: call('GET'), POST: call('POST'), DELETE: call('DELETE') } } },
      { provide: LiveDatabases, useValue: stream }, { provide: AllDatabases, useValue: { ...stream, byId: signal(new Map()), watch: () => () => undefined } },
      { provide: AuthorisedFetch, useValue: { sendLast: (address: string, method: string) => sent.push(`last ${method} ${address}`) } },
      { provide: Session, useValue: { profile: () => null } },
    ] });
    TestBed.overrideComponent(TestRun, { remove: { imports: [ConnectionCard] }, add: { imports: [NoConnection] } });
    fixture = TestBed.createComponent(TestRun);
    fixture.componentRef.setInput('document', '{"name":"Redis"}');
    fixture.componentRef.setInput('canRun', true);
    loader = TestbedHarnessEnvironment.loader(fixture);
    await fixture.whenStable();
  });

  const press = async (text: string): Promise<void> => (await loader.getHarness(MatButtonHarness.with({ text }))).click();
  const become = async (database: Database | null): Promise<void> => {
    live.set(database === null ? new Map() : new Map([[database.id, database]]));
    await fixture.whenStable();
  };
  const page = (): string => (fixture.nativeElement as HTMLElement).textContent;
  const start = async (): Promise<void> => {
    live.set(new Map([['a1', made()]]));
    await press('Try it');
    await fixture.whenStable();
  };

  it('makes a database of what is written, follows it, and shows the way there once it runs', async () => {
    await start();
    expect(sent).toEqual(['POST /api/template-tests {"name":"Redis"}']);
    expect(page()).toContain('Waiting for a worker');
    await become(made({ status: 'provisioning', progress: { step: 'image', message: 'Pulling redis:7' } }));
    expect(page()).toContain('Pulling redis:7');
    await become(made({ status: 'running', version: '7.2' }));
    expect(page()).toContain('It works.');
    expect(page()).toContain('version 7.2');
    expect(page()).toContain('the connection of test-redis-abcd');
    fixture.componentRef.setInput('document', '{"name":"Redis","image":"x"}');
    await fixture.whenStable();
    expect(page()).toContain('has changed since');
  });

  it('says why it failed, with the end of the log', async () => {
    await start();
    await become(made({ status: 'failed', attempts: 1, reason: { code: 'start_timeout', message: 'It did not become ready.' } }));
    await fixture.whenStable();
    expect(page()).toContain('It does not work.');
    expect(page()).toContain('It did not become ready.');
    expect(page()).toContain('no such setting');
    log = 'anything';
    await become(made({ status: 'failed', attempts: 2, reason: { code: 'exited_at_start', message: 'It ended.', logTail: 'in the reason' } }));
    expect(page()).toContain('in the reason');
    expect(page()).not.toContain('What it wrote');
  });

  it('takes the one before away when it is tried again, and the last one when the page is left', async () => {
    await start();
    await press('Try it again');
    await fixture.whenStable();
    expect(sent).toEqual(['POST /api/template-tests {"name":"Redis"}', 'DELETE /api/containers/a1 {"backup":false}', 'POST /api/template-tests {"name":"Redis"}']);
    fixture.destroy();
    expect(sent.at(-1)).toBe('DELETE /api/containers/a1 {"backup":false}');
    expect(sent.length).toBe(4);
  });

  it('takes away also what was made only after the page was left', async () => {
    (fixture.nativeElement as HTMLElement).querySelector('button')?.click();
    fixture.destroy();
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(sent).toEqual(['POST /api/template-tests {"name":"Redis"}', 'DELETE /api/containers/a1 {"backup":false}']);
  });

  it('takes it away also when the tab is closed', async () => {
    window.dispatchEvent(new Event('pagehide'));
    await start();
    window.dispatchEvent(new Event('pagehide'));
    expect(sent).toEqual(['POST /api/template-tests {"name":"Redis"}', 'last DELETE /api/containers/a1?backup=false']);
  });

  it('says that it is gone when its time is over, and deletes nothing then', async () => {
    await start();
    await become(made({ status: 'running' }));
    await become(null);
    await fixture.whenStable();
    expect(page()).toContain('It is gone');
    fixture.destroy();
    expect(sent.filter((call) => call.startsWith('DELETE'))).toEqual([]);
  });
});
