/** Somebody who uses a test server: an account and a token of their own, and the requests that people make. */
import assert from 'node:assert/strict';
import type { BackupView } from '../../src/api/schemas/backup.ts';
import type { ConnectionView, InstanceView } from '../../src/api/schemas/instance.ts';
import type { Quota } from '../../src/domain/user/user.ts';
import type { Answer, TestServer } from './server.ts';
import { waitFor } from './wait.ts';

/** RFC 9457, as the API sends it. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly remedy?: string;
}

export type NewInstance = { readonly template: string; readonly name: string } & Readonly<Record<string, unknown>>;

export class Person {
  readonly username: string;
  readonly token: string;
  readonly #server: TestServer;

  constructor(server: TestServer, username: string, token: string) {
    this.#server = server;
    this.username = username;
    this.token = token;
  }

  ask<T = unknown>(method: string, target: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer<T>> {
    return this.#server.api<T>(method, target, body, { authorization: `Bearer ${this.token}`, ...headers });
  }

  /** The body of an answer that must have this status. */
  async must<T = InstanceView>(status: number, method: string, target: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<T> {
    const answer = await this.ask<T>(method, target, body, headers);
    assert.equal(answer.status, status, `${method} ${target}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** The problem that an answer must be. */
  async refused(code: string, method: string, target: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Problem> {
    const answer = await this.ask<Problem>(method, target, body, headers);
    assert.equal(answer.body.code, code, `${method} ${target}: ${answer.status} ${JSON.stringify(answer.body)}`);
    assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
    return answer.body;
  }

  /** Creates and waits until it takes connections. */
  create(wanted: NewInstance): Promise<InstanceView> {
    return this.must(201, 'POST', '/api/containers', wanted, { prefer: 'wait=60' });
  }

  /** start, stop, restart, sleep, rotate-password; waits until it is done. */
  act(id: string, action: string): Promise<InstanceView> {
    return this.must(200, 'POST', `/api/containers/${id}/${action}`, undefined, { prefer: 'wait=60' });
  }

  get(id: string): Promise<InstanceView> {
    return this.must(200, 'GET', `/api/containers/${id}`);
  }

  connection(id: string): Promise<ConnectionView> {
    return this.must<ConnectionView>(200, 'GET', `/api/containers/${id}/connection`);
  }

  async list(): Promise<InstanceView[]> {
    return (await this.must<{ items: InstanceView[] }>(200, 'GET', '/api/containers?limit=200')).items;
  }

  /** Deletes and waits until it is gone; what was in it goes with it. */
  async delete(id: string): Promise<void> {
    await this.must(204, 'DELETE', `/api/containers/${id}?backup=false`, undefined, { prefer: 'wait=60' });
  }

  /** Deletes as people do, waits until it is gone, and returns the backup that was made of it. */
  async deleteKeeping(id: string): Promise<BackupView> {
    await this.must(204, 'DELETE', `/api/containers/${id}`, undefined, { prefer: 'wait=110' });
    const { items } = await this.must<{ items: BackupView[] }>(200, 'GET', '/api/backups?limit=200');
    const backup = items.find(({ container }) => container === id);
    assert.ok(backup, `no backup of ${id}`);
    return backup;
  }

  /** Makes a new database from a backup and waits until it takes connections. */
  async restore(backup: string, change?: Readonly<Record<string, unknown>>): Promise<InstanceView> {
    return this.must(201, 'POST', `/api/backups/${backup}/restore`, change, { prefer: 'wait=110' });
  }

  /** Looks until `reached` says so; the view that it said so of. */
  async until(id: string, what: string, reached: (view: InstanceView) => boolean, timeoutMs = 30_000): Promise<InstanceView> {
    let last: InstanceView | undefined;
    return waitFor(async () => {
      last = await this.get(id);
      return reached(last) && last;
    }, { what, timeoutMs, intervalMs: 50, explain: async () => `${JSON.stringify(last, null, 1)}\n${await this.#server.logText()}` });
  }
}

/** The bootstrap admin. */
export async function admin(server: TestServer): Promise<Person> {
  return new Person(server, 'admin', await server.adminToken());
}

/** Somebody who has an account, as a program of theirs: with a token. */
export async function programOf(server: TestServer, username: string): Promise<Person & { readonly id: string }> {
  const boss = await admin(server);
  const { items } = await boss.must<{ items: { id: string; username: string }[] }>(200, 'GET', '/api/users?limit=200');
  const id = items.find((user) => user.username === username)?.id ?? assert.fail(`there is no ${username}`);
  const { token } = await boss.must<{ token: string }>(201, 'POST', `/api/users/${id}/tokens`, { name: 'test' });
  return Object.assign(new Person(server, username, token), { id });
}

/** An account made by the admin, with a token. */
export async function makePerson(server: TestServer, username: string, quota: Partial<Quota> = {}): Promise<Person> {
  const boss = await admin(server);
  const user = await boss.must<{ id: string }>(201, 'POST', '/api/users', { username, quota });
  const { token } = await boss.must<{ token: string }>(201, 'POST', `/api/users/${user.id}/tokens`, { name: 'test' });
  return new Person(server, username, token);
}
