import rateLimit from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import { DbmakerError } from '../../domain/errors.ts';
import type { App } from '../app-type.ts';
import type { ApiConfig } from '../dependencies.ts';

/** Per address and minute. Generous: it stops floods, not work. Each sign-in or sign-out that is begun is kept in the store for an hour, and anybody can begin one. */
const DEFAULTS = { requests: 60_000, failedLogins: 30, signInsBegun: 600 };

/** Counts one more. @throws rate_limited when this address has had too many */
export type Count = (request: FastifyRequest) => Promise<void>;

/**
 * Of all requests (a hook, so that unknown addresses count too), and those that are counted where they happen: whoever has a good token is not kept out by
 * somebody else's failures behind the same address. The plugin counts IPv6 by /64, as domain/limit-key.ts does.
 */
export async function registerRateLimit(app: App, limits: ApiConfig['rateLimit']): Promise<{ readonly failedLogin: Count; readonly signInBegun: Count }> {
  await app.register(rateLimit, { global: false });
  const limiter = (max: number): Count => {
    const check = app.createRateLimit({ max, timeWindow: 60_000 });
    return async (request) => {
      const result = await check(request);
      if (result.isAllowed || !result.isExceeded) return;
      throw new DbmakerError('rate_limited', 'Too many requests from this address.', { retryAfterMs: result.ttl, remedy: 'Wait as long as Retry-After says.' });
    };
  };
  app.addHook('onRequest', limiter(limits?.requests ?? DEFAULTS.requests));
  return { failedLogin: limiter(limits?.failedLogins ?? DEFAULTS.failedLogins), signInBegun: limiter(limits?.signInsBegun ?? DEFAULTS.signInsBegun) };
}
