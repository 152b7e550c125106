import { DbmakerError } from '../../domain/errors.ts';
import { deadline } from '../../domain/deadline.ts';
import { pause } from '../../domain/pause.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { PublicKey } from '../../domain/ports/issuer.ts';

const ANSWER_MS = 5000;
const LARGEST = 512 * 1024;
const ENTRA = /^login\.(microsoftonline\.com|microsoftonline\.us|partner\.microsoftonline\.cn)$/;
/** While it is away it is not asked again for so long: every request would wait for it. */
const COOLDOWN_MS = 5000;
/** A page waits so long for it. */
const MOMENT_MS = 1000;
const BROWSERS_ASK = ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'end_session_endpoint'];

/** Whether it is Microsoft Entra ID. */
export const isEntra = (authority: string): boolean => ENTRA.test(new URL(authority).hostname);

/** An issuer outside of DbMaker, as its discovery document tells. The document is asked for once it is needed, and kept. */
export class Discovery {
  readonly #authority: string;
  readonly #clock: Clock;
  #document: Readonly<Record<string, unknown>> | null = null;
  #asking: Promise<Readonly<Record<string, unknown>>> | null = null;
  #failed: { readonly at: number; readonly error: DbmakerError } | null = null;

  constructor(authority: string, clock: Clock) {
    this.#authority = authority;
    this.#clock = clock;
  }

  /** @throws issuer_unavailable */
  async issuer(): Promise<string> {
    return String((await this.document())['issuer']);
  }

  /** @throws issuer_unavailable */
  async keys(): Promise<readonly PublicKey[]> {
    const { jwks_uri: address } = await this.document();
    const { keys } = await this.#get(String(address));
    if (!Array.isArray(keys)) throw unavailable(this.#authority, new Error('no keys in its key set'));
    return keys as PublicKey[];
  }

  /**
   * Of all that a browser asks to sign somebody in, or is led to in a frame: at some issuers what gives out tokens is on another host than
   * the authority. While the issuer does not answer, the authority's own; never waits longer than a moment.
   */
  async origins(): Promise<readonly string[]> {
    const answered = new AbortController();
    const document = await Promise.race([this.document().catch(() => null), pause(this.#clock, MOMENT_MS, answered.signal).then(() => null)]);
    answered.abort();
    const { origin, protocol } = new URL(this.#authority);
    const others = BROWSERS_ASK.map((name) => URL.parse(String(document?.[name]))).filter((url) => (url?.protocol === 'https:' || url?.protocol === protocol) && !url.host.includes('*'));
    return [...new Set([origin, ...others.flatMap((url) => url?.origin ?? [])])];
  }

  /** @throws issuer_unavailable */
  async document(): Promise<Readonly<Record<string, unknown>>> {
    if (this.#document !== null) return this.#document;
    if (this.#failed !== null && Math.abs(this.#clock.now() - this.#failed.at) < COOLDOWN_MS) throw this.#failed.error;
    this.#asking ??= this.#read().finally(() => { this.#asking = null; });
    return this.#asking;
  }

  async #read(): Promise<Readonly<Record<string, unknown>>> {
    try {
      // Entra's addresses without a version are those of version 1.
      const base = isEntra(this.#authority) && !/\/v2\.0$/.test(this.#authority) ? `${this.#authority}/v2.0` : this.#authority;
      const document = await this.#get(`${base}/.well-known/openid-configuration`);
      const { issuer, jwks_uri: keys } = document;
      if (typeof issuer !== 'string' || typeof keys !== 'string' || !this.#isOurs(issuer)) throw unavailable(this.#authority, new Error('its discovery document is of another issuer'));
      if (new URL(keys).protocol !== new URL(this.#authority).protocol) throw unavailable(this.#authority, new Error('its keys are at an address that is not safe'));
      this.#document = document;
      return document;
    } catch (error) {
      this.#failed = { at: this.#clock.now(), error: error instanceof DbmakerError ? error : unavailable(this.#authority, error) };
      throw this.#failed.error;
    }
  }

  /** Entra calls tenants by their id there, whatever name they were asked for by. */
  #isOurs(issuer: string): boolean {
    if (isEntra(this.#authority)) return URL.parse(issuer)?.origin === new URL(this.#authority).origin && !issuer.includes('{');
    return issuer.replace(/\/$/, '') === this.#authority;
  }

  async #get(address: string): Promise<Readonly<Record<string, unknown>>> {
    using limit = deadline(this.#clock, ANSWER_MS);
    try {
      const response = await fetch(address, { signal: limit.signal, redirect: 'error', headers: { accept: 'application/json' } });
      if (!response.ok) throw new Error(`${address} answers ${String(response.status)}`);
      const text = await response.text();
      if (text.length > LARGEST) throw new Error(`${address} answers with too much`);
      return JSON.parse(text) as Readonly<Record<string, unknown>>;
    } catch (error) {
      throw unavailable(this.#authority, error);
    }
  }
}

function unavailable(authority: string, cause: unknown): DbmakerError {
  return new DbmakerError('issuer_unavailable', `Sign-in cannot be checked: ${new URL(authority).host} does not answer as it should.`, { cause, retryAfterMs: COOLDOWN_MS, remedy: 'Try again in a moment. API tokens go on working.' });
}
