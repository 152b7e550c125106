import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DbmakerError } from '../errors.ts';
import type { SignInsToEnd } from './sign-in-store.ts';

/** What people's browsers are told about where to sign in: OpenID Connect discovery, as far as a console needs it. */
export interface IssuerMetadata {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly end_session_endpoint: string;
  readonly jwks_uri: string;
}

/** A public key as a JWK. */
export type PublicKey = Readonly<Record<string, unknown>>;

/** The issuer that DbMaker brings: OpenID Connect over local accounts (src/issuer). */
export interface EmbeddedIssuer {
  /** `iss` of its tokens. */
  readonly issuer: string;
  readonly clientId: string;
  /** Audience of its access tokens. */
  readonly audience: string;
  /** The scope that the console asks for. */
  readonly scope: string;
  /** Answers a request below /oidc; never rejects. `source`: address of the client, as far as it is known. */
  handle(request: IncomingMessage, response: ServerResponse, source: string | null): Promise<void>;
  /** Answers a request below /oidc that was refused before, as a page for people. */
  refuse(response: ServerResponse, error: DbmakerError, status: number): void;
  /** Its endpoints as seen from `origin`, where that is one of its own; else as seen from its public URL. */
  metadata(origin: string): IssuerMetadata;
  /** Those with which its tokens may be signed, read anew. */
  keys(): Promise<readonly PublicKey[]>;
  /** Ends a session with all that was given out in it; access tokens last until they expire. */
  endSession(uid: string): Promise<void>;
  /** Ends sessions of somebody, but those that `keeps` tells (by their uids). @returns uids of those that were ended */
  endSessionsOf(userId: string, keeps: (uid: string) => boolean): Promise<string[]>;
  readonly accounts: LocalAccounts;
}

/** Passwords of people at the embedded issuer. */
export interface LocalAccounts {
  /** Sets a one-time password, whatever there was, and returns it; no sign-in of before is believed then. @throws rate_limited: too many passwords are being worked on */
  setOneTimePassword(userId: string, options: Pick<SignInsToEnd, 'tokens'>): Promise<string>;
  /**
   * The same for somebody who has no account yet; null: they have one with another password.
   * @param settle is handed a password before there is an account, and says which one it has: this one, or that of another who is making it at the same time
   */
  create(userId: string, settle?: (fresh: string) => Promise<string>): Promise<string | null>;
  /**
   * No other sign-in of before is believed then, but that of `keep`.
   * @param from `source`: address of the client
   * @throws forbidden (wrong password), invalid_request (new one not good), rate_limited, conflict (no local account)
   */
  changePassword(userId: string, username: string, passwords: { current: string; next: string }, from: { source: string | null; keep: string | null }): Promise<void>;
}
