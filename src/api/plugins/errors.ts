import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';
import type { App } from '../app-type.ts';
import { sendProblem, statusOf } from '../problem.ts';
import { validationFields } from '../validation-fields.ts';

/** Every error leaves as a problem of ours: no stack and no library's text reaches a user. */
export function registerErrors(app: App): void {
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  const allowed = collectMethods(app);
  app.setNotFoundHandler((request, reply) => {
    const methods = allowed(request.url.split('?', 1)[0] ?? '/');
    if (methods.length === 0) return sendProblem(request, reply, new DbmakerError('not_found', 'There is nothing at this address.', { remedy: 'GET /openapi.json lists what there is.' }));
    void reply.header('allow', methods.join(', '));
    return sendProblem(request, reply, new DbmakerError('method_not_allowed', `This address answers to ${methods.join(', ')}.`));
  });
}

/** Also for the framework's own errors (bad URL), which happen before there is a route. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const ours = translate(error);
  if (statusOf(ours.code) >= 500) request.log.error({ err: error, code: ours.code }, 'request failed');
  return sendProblem(request, reply, ours);
}

function translate(error: unknown): DbmakerError {
  if (isDbmakerError(error)) return error;
  const { code, validation, validationContext } = error as Partial<FastifyError>;
  if (validation !== undefined) {
    const fields = validationFields(validation);
    const text = Object.entries(fields).map(([pointer, problem]) => `${pointer} ${problem}`).join('; ');
    return new DbmakerError('invalid_request', `The ${validationContext === 'querystring' ? 'query' : (validationContext ?? 'request')} is not valid: ${text}.`, { fields });
  }
  switch (code) {
    case 'FST_ERR_CTP_INVALID_JSON_BODY': return new DbmakerError('invalid_request', 'The body is not valid JSON.');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH': return new DbmakerError('invalid_request', 'The length of the body is not what Content-Length says.');
    case 'FST_ERR_CTP_BODY_TOO_LARGE': return new DbmakerError('payload_too_large', 'The body is larger than 64 KiB.');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE': return new DbmakerError('unsupported_media_type', 'The body has to be JSON.', { remedy: 'Send the header Content-Type: application/json.' });
    case 'FST_ERR_BAD_URL': return new DbmakerError('invalid_request', 'The address is not well-formed.');
    case 'FST_ERR_MAX_PARAM_LENGTH': return new DbmakerError('not_found', 'There is nothing at this address.');
    default: return new DbmakerError('internal', 'Something went wrong on our side. It was logged under the request id.', { cause: error });
  }
}

/** Which methods an address answers to: routes are patterns, so the address is compared segment by segment. */
function collectMethods(app: App): (address: string) => string[] {
  const routes: { segments: string[]; methods: string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    routes.push({ segments: url.split('/'), methods: [method].flat() });
  });
  return (address) => {
    const segments = address.split('/');
    const hits = routes.filter((route) => route.segments.length === segments.length && route.segments.every((part, index) => part.startsWith(':') || part === segments[index]));
    return [...new Set(hits.flatMap((route) => route.methods))].sort();
  };
}
