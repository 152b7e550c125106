import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DbmakerError, ErrorCode } from '../domain/errors.ts';

/** HTTP status and title (the same for every occurrence, RFC 9457) of each code. */
const PROBLEMS: Readonly<Record<ErrorCode, readonly [status: number, title: string]>> = {
  invalid_request: [400, 'The request is not valid'],
  invalid_template: [400, 'The template is not valid'],
  unauthenticated: [401, 'Not signed in'],
  token_expired: [401, 'The token has expired'],
  forbidden: [403, 'Not allowed'],
  account_disabled: [403, 'Account disabled'],
  quota_exceeded: [403, 'Quota exceeded'],
  not_found: [404, 'Not found'],
  template_not_found: [404, 'Unknown template'],
  method_not_allowed: [405, 'Method not allowed'],
  template_unavailable: [409, 'Template not available here'],
  name_taken: [409, 'Name taken'],
  conflict: [409, 'Conflict'],
  not_running: [409, 'Not running'],
  tls_required: [426, 'TLS required'],
  address_not_allowed: [403, 'Address not allowed'],
  handshake_timeout: [408, 'Took too long to log in'],
  payload_too_large: [413, 'Body too large'],
  unsupported_media_type: [415, 'Content type not supported'],
  idempotency_key_reused: [422, 'Idempotency key used for another request'],
  rate_limited: [429, 'Too many requests'],
  image_missing: [502, 'Image missing'],
  image_build_failed: [502, 'Image could not be built'],
  out_of_memory: [502, 'Out of memory'],
  port_taken: [503, 'Port taken'],
  ports_exhausted: [503, 'No free port'],
  disk_full: [507, 'Disk full'],
  exited_at_start: [502, 'Ended at start'],
  crash_loop: [502, 'Keeps crashing'],
  start_timeout: [504, 'Did not become ready in time'],
  access_denied: [502, 'Login refused by the database'],
  data_misplaced: [502, 'Data in the wrong place'],
  data_missing: [502, 'Data missing'],
  endpoint_refused: [502, 'Endpoint refused'],
  endpoint_unreachable: [502, 'Endpoint not reachable'],
  backup_failed: [502, 'Backup failed'],
  backup_damaged: [502, 'Backup damaged'],
  unsupported: [501, 'Not supported'],
  engine_unavailable: [503, 'Engine not available'],
  runtime_unavailable: [503, 'Runtime not available'],
  runtime_failed: [502, 'Runtime failed'],
  issuer_unavailable: [503, 'Sign-in cannot be checked'],
  store_unavailable: [503, 'Store not available'],
  store_read_only: [503, 'Store is read-only'],
  secret_unreadable: [500, 'Secret not readable'],
  invalid_configuration: [500, 'Configuration not valid'],
  cancelled: [503, 'Cancelled'],
  internal: [500, 'Internal error'],
};

export function statusOf(code: ErrorCode): number {
  return PROBLEMS[code][0];
}

/** Sends `error` as application/problem+json with the headers that belong to its code. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: DbmakerError): FastifyReply {
  const [status, title] = PROBLEMS[error.code];
  request.problemCode = error.code;
  if (status === 401) void reply.header('www-authenticate', authenticateHeader(error));
  if (error.retryAfterMs !== undefined) void reply.header('retry-after', String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))));
  const problem = {
    type: `urn:dbmaker:problem:${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.userText,
    instance: request.url.split('?', 1)[0],
    requestId: request.id,
    fields: error.fields,
    remedy: error.remedy,
  };
  // A string: no response schema of a route may leave members out of a problem.
  return reply.code(status).type('application/problem+json').serializer((text: unknown) => text as string).send(JSON.stringify(problem));
}

/** RFC 6750: without credentials only the scheme, else why they were refused. */
function authenticateHeader(error: DbmakerError): string {
  return error.code === 'token_expired' ? 'Bearer realm="DbMaker", error="invalid_token", error_description="The token has expired"' : 'Bearer realm="DbMaker"';
}
