/**
 * The one error hierarchy. Everything that DbMaker throws on purpose is a {@link DbmakerError} with a code of the closed list below;
 * anything else that reaches the edge is a bug and is answered as `internal`.
 */

/** `retryable`: whether trying the same thing again later can succeed without anybody changing anything. */
export const ERROR_CODES = {
  // what a person sent
  invalid_request: { retryable: false },
  invalid_template: { retryable: false },
  unauthenticated: { retryable: false },
  token_expired: { retryable: false },
  forbidden: { retryable: false },
  account_disabled: { retryable: false },
  not_found: { retryable: false },
  template_not_found: { retryable: false },
  template_unavailable: { retryable: false },
  name_taken: { retryable: false },
  conflict: { retryable: false },
  idempotency_key_reused: { retryable: false },
  quota_exceeded: { retryable: false },
  ports_exhausted: { retryable: true },
  method_not_allowed: { retryable: false },
  payload_too_large: { retryable: false },
  unsupported_media_type: { retryable: false },
  rate_limited: { retryable: true },
  not_running: { retryable: true },
  tls_required: { retryable: false },
  address_not_allowed: { retryable: false },
  handshake_timeout: { retryable: true },
  // what befell an instance
  image_missing: { retryable: true },
  image_build_failed: { retryable: true },
  out_of_memory: { retryable: true },
  port_taken: { retryable: true },
  disk_full: { retryable: true },
  exited_at_start: { retryable: true },
  crash_loop: { retryable: true },
  start_timeout: { retryable: true },
  access_denied: { retryable: true },
  data_misplaced: { retryable: false },
  data_missing: { retryable: false },
  endpoint_refused: { retryable: false },
  endpoint_unreachable: { retryable: true },
  backup_failed: { retryable: true },
  backup_damaged: { retryable: false },
  unsupported: { retryable: false },
  // what befell the platform
  engine_unavailable: { retryable: true },
  runtime_unavailable: { retryable: true },
  runtime_failed: { retryable: true },
  issuer_unavailable: { retryable: true },
  store_unavailable: { retryable: true },
  store_read_only: { retryable: true },
  secret_unreadable: { retryable: false },
  invalid_configuration: { retryable: false },
  cancelled: { retryable: true },
  internal: { retryable: true },
} as const satisfies Record<string, { retryable: boolean }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorOptions {
  /** What lies beneath; logged, never shown to a user. */
  cause?: unknown;
  /** Which members of the input are at fault: JSON pointer -> text. */
  fields?: Record<string, string>;
  /** What a person can do about it, as a sentence or a command. */
  remedy?: string;
  /** Milliseconds until a retry makes sense. */
  retryAfterMs?: number;
}

export class DbmakerError extends Error {
  override readonly name = 'DbmakerError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** Safe to show to the person who asked. Same as `message`. */
  readonly userText: string;
  readonly fields: Record<string, string> | undefined;
  readonly remedy: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, userText: string, options: ErrorOptions = {}) {
    super(userText, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = ERROR_CODES[code].retryable;
    this.userText = userText;
    this.fields = options.fields;
    this.remedy = options.remedy;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Whether `error` is ours and, when `code` is given, of that code. */
export function isDbmakerError(error: unknown, code?: ErrorCode): error is DbmakerError {
  return error instanceof DbmakerError && (code === undefined || error.code === code);
}

/** Ours as it is; anything else wrapped as `fallback`, the original kept as the cause. */
export function asDbmakerError(error: unknown, fallback: ErrorCode = 'internal', userText = 'Something unexpected went wrong inside DbMaker. Try again.'): DbmakerError {
  return error instanceof DbmakerError ? error : new DbmakerError(fallback, userText, { cause: error });
}
