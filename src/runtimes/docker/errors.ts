import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';

/** What docker-modem adds to an answer other than the expected ones. */
interface AnswerError {
  readonly statusCode?: number;
  readonly json?: unknown;
  readonly message?: string;
  readonly code?: string;
}

/** Errors of the connection to the engine itself. `ECONNRESET` and `socket hang up` are what a stop of dockerd looks like. */
const CONNECTION_ERRORS = new Set(['ECONNREFUSED', 'ENOENT', 'EACCES', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTSOCK', 'ABORT_ERR', 'ENOTFOUND', 'EHOSTUNREACH']);

/** HTTP status of the engine's answer; null when `error` is no answer. */
export function statusOf(error: unknown): number | null {
  const cause = isDbmakerError(error) ? error.cause : error;
  const status = (cause as AnswerError | null | undefined)?.statusCode;
  return typeof status === 'number' ? status : null;
}

/** The engine's own words, without the HTTP around them. */
export function wordsOf(error: unknown): string {
  const { json, message } = (isDbmakerError(error) ? error.cause : error) as AnswerError;
  const said = json !== null && typeof json === 'object' && 'message' in json ? json.message : undefined;
  return typeof said === 'string' ? said : (message ?? String(error)).replace(/^\(HTTP code \d+\) [^-]*- /, '').trim();
}

export function unavailable(address: string, cause?: unknown): DbmakerError {
  return new DbmakerError('runtime_unavailable', 'Docker does not answer.', {
    cause, remedy: `Start the Docker Engine (it is expected at ${address}); databases come back by themselves.`, retryAfterMs: 2_000,
  });
}

/** What dockerode threw, as one of ours. `doing`: what was tried, as in "start the container". */
export function asRuntimeError(error: unknown, doing: string, address: string): DbmakerError {
  if (isDbmakerError(error)) return error;
  const { code, message = '', statusCode } = error as AnswerError;
  if (statusCode === undefined && (CONNECTION_ERRORS.has(code ?? '') || message === 'socket hang up' || message === 'aborted')) {
    return unavailable(address, error);
  }
  return fromWords(wordsOf(error), doing, error);
}

/** Also for the errors that come inside a stream (builds, pulls) with status 200. */
export function fromWords(words: string, doing: string, cause?: unknown): DbmakerError {
  if (/no space left on device|disk quota exceeded/i.test(words)) {
    return new DbmakerError('disk_full', 'The disk of the host is full.', { cause, remedy: 'Make room where DbMaker and Docker keep their data.' });
  }
  if (/no such image/i.test(words)) return new DbmakerError('image_missing', 'The image is not on this host.', { cause });
  if (/bind source path does not exist/i.test(words)) {
    return new DbmakerError('data_missing', 'The data directory of this instance is gone.', { cause });
  }
  if (/port is already allocated|address already in use/i.test(words)) {
    return new DbmakerError('port_taken', 'The port is used by another program.', { cause });
  }
  if (/OCI runtime (create|exec) failed/i.test(words)) {
    return new DbmakerError('exited_at_start', `The container could not be started: ${lastReason(words)}`, { cause });
  }
  return new DbmakerError('runtime_failed', `Docker could not ${doing}: ${words}`, { cause });
}

/** The end of runc's chain of reasons says what is wrong: `exec: "foo": executable file not found in $PATH`. */
function lastReason(words: string): string {
  const reason = words.replace(/^[^]*OCI runtime \w+ failed: /, '').replace(/: unknown$/, '');
  return reason.replace(/^(?:runc \w+ failed: |container_linux\.go:\d+: |starting container process caused: |unable to start container process: )+/, '').trim();
}
