import type { FastifyReply } from 'fastify';
import { isDbmakerError } from '../../domain/errors.ts';
import type { EmbeddedIssuer } from '../../domain/ports/issuer.ts';
import type { App } from '../app-type.ts';
import { sourceOf } from '../audit.ts';
import { statusOf } from '../problem.ts';
import { answerError } from './errors.ts';
import type { Count } from './rate-limit.ts';

/** Where a sign-in or a sign-out begins. The issuer does not look at the case of letters. */
const BEGINS = /^\/oidc\/(auth|session\/end)(?![^/?])/i;

/** The embedded issuer below /oidc: of the same origin as the API and the console. It answers by itself, and writes to the audit by itself. */
export async function registerIssuer(app: App, issuer: EmbeddedIssuer, countBegun: Count): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _body, done) => done(null)); // left unread: the issuer reads it
    scope.setErrorHandler((error, request, reply) => {
      if (!isDbmakerError(error, 'rate_limited') || request.headers.accept?.includes('text/html') !== true) return answerError(error, request, reply);
      request.problemCode = error.code;
      handOver(reply);
      issuer.refuse(reply.raw, error, statusOf(error.code)); // somebody is looking at it
    });
    scope.route({
      method: ['GET', 'HEAD', 'POST', 'OPTIONS'], // a closed list: what the issuer knows
      url: '/oidc/*',
      exposeHeadRoute: false,
      config: { access: 'public', audit: 'by itself' },
      schema: { hide: true },
      handler: async (request, reply) => {
        if (BEGINS.test(request.url)) await countBegun(request);
        handOver(reply);
        await issuer.handle(request.raw, reply.raw, sourceOf(request));
      },
    });
  });
}

/** From now on it is answered by hand, with the headers that all answers have. */
function handOver(reply: FastifyReply): void {
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
}
