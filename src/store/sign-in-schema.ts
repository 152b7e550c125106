/** The tables of sign-in. See ./schema.ts */
export interface SignInTables {
  accounts: AccountRow;
  identities: { issuer: string; subject: string; user_id: string; created_at: number; told_at: number };
  oidc_records: OidcRecordRow;
  ended_tokens: { hash: string; expires_at: number };
  attempts: { key: string; count: number; expires_at: number };
}

export interface AccountRow {
  user_id: string;
  password_hash: string;
  must_change: number;
  changed_at: number;
}

export interface OidcRecordRow {
  model: string;
  id: string;
  /** Sealed. */
  payload: string;
  grant_id: string | null;
  uid: string | null;
  session_uid: string | null;
  account_id: string | null;
  consumed_at: number | null;
  expires_at: number | null;
}
