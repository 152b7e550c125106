import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { Registry } from 'prom-client';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Audited, OpenAudit } from './audit.ts';
import type { ErrorCode } from '../domain/errors.ts';
import type { ApiDependencies } from './dependencies.ts';
import type { OpenAnswers } from './sign-in/open-answers.ts';
import type { SignIn } from './sign-in/sign-in.ts';
import type { Caller } from './caller.ts';
import type { SessionCookie } from './session-cookie.ts';
import type { StatusWaiter } from './wait.ts';

export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxTypeProvider>;

/**
 * Who may use a route; every route of ours declares it, or the app does not start.
 * `monitor`: an admin's token, or a direct connection from this machine.
 */
export type Access = 'public' | 'monitor' | 'read' | 'write' | 'admin';

/** What routes are handed. */
export interface ApiContext extends ApiDependencies {
  readonly waiter: StatusWaiter;
  readonly signInCheck: SignIn;
  readonly openAnswers: OpenAnswers;
  readonly sessionCookie: SessionCookie;
  /** Aborts when the server closes: ends streams and waits. */
  readonly closing: AbortSignal;
  /** Figures that routes want shown by /metrics. */
  readonly metrics: Registry;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    /** Has to be there for every method that may change something, and for what shows a secret. `nothing`: it only looks, whatever its method. */
    audit?: Audited | 'by itself' | 'nothing';
  }
  interface FastifyRequest {
    caller: Caller | null;
    /** null: nothing is written (yet). */
    audit: OpenAudit | null;
    /** Of the problem that is sent as the answer. */
    problemCode: ErrorCode | null;
  }
}
