/** What kind of actor did it: somebody with a token, DbMaker by itself (a policy, a timer), or somebody whom we do not know. */
export type ActorKind = 'user' | 'system' | 'unknown';

/**
 * `begun`: written down before it was done, and how it ended was never told, because the server ended in the middle. `refused`: the one who
 * asked was at fault or not allowed. `failed`: we were at fault.
 */
export const OUTCOMES = ['begun', 'ok', 'refused', 'failed'] as const;
export type AuditOutcome = (typeof OUTCOMES)[number];

export interface AuditActor {
  readonly kind: ActorKind;
  /** null unless `kind` is `user`. */
  readonly id: string | null;
  /** Username; `dbmaker` for the system; empty for somebody unknown. */
  readonly name: string;
}

/** Who did what to what from where. */
export interface AuditEntry {
  /** Rises. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly actor: AuditActor;
  readonly tokenId: string | null;
  /** Address that the request came from. */
  readonly source: string | null;
  readonly requestId: string | null;
  /** `instance.create`, `instance.read-connection`, `token.delete`, ... */
  readonly action: string;
  /** In words what it was done to: a slug, a username, the id of a token. */
  readonly subject: string | null;
  readonly instanceId: string | null;
  /** To whom that belonged which it was done to. */
  readonly ownerId: string | null;
  readonly outcome: AuditOutcome;
  /** Why it was refused or failed: code of the error. */
  readonly code: string | null;
  /** What was asked for; never a secret. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export type NewAuditEntry = Omit<AuditEntry, 'id' | 'at'>;

/** DbMaker itself. */
export const SYSTEM: AuditActor = { kind: 'system', id: null, name: 'dbmaker' };

/**
 * An entry of DbMaker by itself, e.g. a removal that nobody but a policy asked for.
 * @param detail why it was done; never a secret
 */
export function systemEntry(action: string, about: Pick<NewAuditEntry, 'subject' | 'instanceId' | 'ownerId'>, detail: NewAuditEntry['detail'] = {}): NewAuditEntry {
  return { actor: SYSTEM, tokenId: null, source: null, requestId: null, action, ...about, outcome: 'ok', code: null, detail };
}
