/** The part of oidc-provider (which brings no types) that we use. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface OidcContext {
    status: number;
    type: string;
    body: unknown;
    accepts(...types: string[]): string | false;
    req: IncomingMessage;
    res: ServerResponse;
    oidc: {
      client?: { clientId: string };
      session?: { accountId?: string; grantIdFor(clientId: string): string | undefined };
      account?: { accountId: string };
      /** What the request has to do with, as far as that was looked up. */
      entities: { RefreshToken?: { authTime?: number }; AuthorizationCode?: { authTime?: number } };
      result?: { consent?: { grantId?: string } };
      requestParamOIDCScopes: Set<string>;
      provider: Provider;
    };
  }

  export interface GrantModel {
    accountId: string;
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    save(ttl?: number): Promise<string>;
  }

  export interface InteractionModel {
    uid: string;
    prompt: { name: string; reasons: string[] };
    params: Record<string, unknown>;
    result?: Record<string, unknown>;
    session?: { accountId: string };
  }

  export interface TokenModel {
    accountId: string;
    sessionUid?: string;
  }

  export class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>);
    proxy: boolean;
    use(middleware: (ctx: OidcContext, next: () => Promise<void>) => Promise<void>): this;
    readonly Grant: { new (input: { accountId: string; clientId: string }): GrantModel; find(id: string): Promise<GrantModel | undefined> };
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<InteractionModel>;
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: Record<string, unknown>, options?: { mergeWithLastSubmission?: boolean }): Promise<void>;
    interactionResult(request: IncomingMessage, response: ServerResponse, result: Record<string, unknown>, options?: { mergeWithLastSubmission?: boolean }): Promise<string>;
    on(event: string, listener: (...args: unknown[]) => void): this;
  }

  type Wrong = new (description?: string) => Error;
  export const errors: { InvalidGrant: new (detail: string) => Error; InvalidRequest: Wrong; InvalidTarget: Wrong; SessionNotFound: Wrong };
}
