import { asDbmakerError, type DbmakerError, type ErrorCode } from '../../../domain/errors.ts';
import { encodeErrorResponse } from './error-response.ts';

/** SQLSTATEs that clients know what to do with; https://www.postgresql.org/docs/current/errcodes-appendix.html. */
const STATES: Partial<Readonly<Record<ErrorCode, string>>> = {
  not_found: '3D000', // invalid_catalog_name
  invalid_request: '08P01', // protocol_violation
  tls_required: '28000', // invalid_authorization_specification: what PostgreSQL says where pg_hba.conf wants hostssl
  address_not_allowed: '28000',
  rate_limited: '53300', // too_many_connections
  handshake_timeout: '08006', // connection_failure
  unsupported: '0A000', // feature_not_supported
};
/** cannot_connect_now: pools and drivers try again on it. */
const LATER = '57P03';

/** What a client is told, as PostgreSQL would. The text says what to do, as clients show it and little else. */
export function refusal(thrown: unknown): { error: DbmakerError; words: Buffer } {
  const error = asDbmakerError(thrown);
  return {
    error,
    words: encodeErrorResponse({ severity: 'FATAL', code: STATES[error.code] ?? LATER, message: error.userText, ...(error.remedy === undefined ? {} : { hint: error.remedy }) }),
  };
}
