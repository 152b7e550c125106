const TEXTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nobody listens there (connection refused).',
  ECONNRESET: 'It closed the connection without an answer.',
  EPIPE: 'It closed the connection without an answer.',
  ETIMEDOUT: 'No connection came about in time.',
  EHOSTUNREACH: 'There is no way to its address.',
  ENETUNREACH: 'There is no way to its address.',
  ENOTFOUND: 'Its host name is not known.',
  ENODATA: 'Its host name has no address.',
  EAI_AGAIN: 'Its host name could not be looked up.',
  ETIMEOUT: 'Its host name could not be looked up in time.',
  ESERVFAIL: 'Its host name could not be looked up.',
  EPROTO: 'It does not speak TLS as we do.',
};

/** Why a request failed, in words for whoever owns the webhook: no address and nothing of the URL. */
export function failureText(error: unknown): string {
  const one: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = one instanceof Error && 'code' in one && typeof one.code === 'string' ? one.code : 'unknown';
  if (TEXTS[code] !== undefined) return TEXTS[code];
  if (/CERT|SELF_SIGNED|VERIFY|ISSUER|ALTNAME/.test(code)) return `Its certificate is not accepted (${code}).`;
  if (/^ERR_SSL|^ERR_TLS/.test(code)) return 'It does not speak TLS as we do.';
  if (code.startsWith('HPE_')) return 'It does not answer in HTTP.';
  return `The request failed (${code}).`;
}
