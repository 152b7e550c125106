import { createHash } from 'node:crypto';
import { errors } from 'oidc-provider';
import type { Clock } from '../domain/ports/clock.ts';
import type { SecretBox } from '../domain/ports/secret-box.ts';
import type { OidcRecord, OidcRepository } from '../domain/ports/sign-in-store.ts';

export interface AdapterPorts {
  readonly oidc: OidcRepository;
  readonly box: SecretBox;
  readonly clock: Clock;
}

type Payload = Readonly<Record<string, unknown>>;

/** Characters of JSON. What is asked for is kept as it came, also of somebody whom nobody knows; a sign-in of the console takes less than a thousand. */
const LARGEST = 8192;

/**
 * What oidc-provider remembers, in our store. Ids are what cookies, codes and refresh tokens are: only their hashes are kept, and what belongs to
 * them is sealed. A reader of the database can sign in as nobody.
 */
export class Adapter {
  readonly #model: string;
  readonly #ports: AdapterPorts;

  constructor(model: string, ports: AdapterPorts) {
    this.#model = model;
    this.#ports = ports;
  }

  /** @throws InvalidRequest of oidc-provider: it is too long */
  async upsert(id: string, payload: Payload, expiresIn: number | undefined): Promise<void> {
    const { oidc, box, clock } = this.#ports;
    const hash = this.#hash(id);
    const text = JSON.stringify(payload);
    if (text.length > LARGEST) throw new errors.InvalidRequest('the request is too long');
    const member = (name: string): string | null => (typeof payload[name] === 'string' ? payload[name] : null);
    await oidc.put({
      model: this.#model,
      id: hash,
      payload: box.seal(text, this.#context(hash)),
      grantId: this.#model === 'Grant' ? id : member('grantId'),
      uid: this.#model === 'Session' ? member('uid') : null,
      sessionUid: member('sessionUid'),
      accountId: member('accountId'),
      expiresAt: expiresIn === undefined ? null : clock.now() + expiresIn * 1000,
    });
  }

  async find(id: string): Promise<Payload | undefined> {
    return this.#open(await this.#ports.oidc.get(this.#model, this.#hash(id)));
  }

  async findByUid(uid: string): Promise<Payload | undefined> {
    return this.#open(await this.#ports.oidc.getByUid(this.#model, uid));
  }

  async findByUserCode(): Promise<undefined> {
    return undefined; // no devices
  }

  /**
   * Codes and refresh tokens are good once, also when two requests bring the same at the same time and both have found it unused. For the second it is as
   * if it had come later: somebody else has it as well, so all that was given out with it ends.
   */
  async consume(id: string): Promise<void> {
    const { oidc } = this.#ports;
    if (await oidc.consume(this.#model, this.#hash(id))) return;
    const record = await oidc.get(this.#model, this.#hash(id));
    if (typeof record?.grantId === 'string') await oidc.deleteOfGrant(record.grantId);
    throw new errors.InvalidGrant('used already'); // in the words of the token endpoint
  }

  async destroy(id: string): Promise<void> {
    await this.#ports.oidc.delete(this.#model, this.#hash(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.#ports.oidc.deleteOfGrant(grantId);
  }

  #open(record: OidcRecord | null): Payload | undefined {
    if (record === null) return undefined;
    const payload = JSON.parse(this.#ports.box.open(record.payload, this.#context(record.id))) as Payload;
    return record.consumedAt === null ? payload : { ...payload, consumed: Math.floor(record.consumedAt / 1000) };
  }

  #hash(id: string): string {
    return createHash('sha256').update(`${this.#model}:${id}`).digest('base64url');
  }

  #context(hash: string): string {
    return `oidc:${this.#model}:${hash}`;
  }
}
