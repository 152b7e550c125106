import type { AuditRecord } from '../../api/types';

export type Outcome = AuditRecord['outcome'];

/** What the form holds; '': all. Times as `<input type="datetime-local">` has them. */
export interface AuditFilter {
  readonly user: string;
  readonly action: string;
  /** What it was done to: a slug, a username, ... */
  readonly subject: string;
  readonly outcome: Outcome | '';
  /** Id; the form has no field for it, other pages lead here with it. */
  readonly instance: string;
  readonly from: string;
  readonly to: string;
}

export const NO_FILTER: AuditFilter = { user: '', action: '', subject: '', outcome: '', instance: '', from: '', to: '' };

export interface AuditQuery {
  user?: string;
  action?: string;
  subject?: string;
  outcome?: Outcome;
  instance?: string;
  from?: string;
  to?: string;
}

/** Only what is asked for. Times are those of the clock on the wall here. */
export function queryOf({ user, action, subject, outcome, instance, from, to }: AuditFilter): AuditQuery {
  const [begin, end] = [timeOf(from), timeOf(to)];
  return {
    ...(user.trim() === '' ? {} : { user: user.trim().toLowerCase() }),
    ...(action === '' ? {} : { action }),
    ...(subject.trim() === '' ? {} : { subject: subject.trim().toLowerCase() }),
    ...(outcome === '' ? {} : { outcome }),
    ...(instance === '' ? {} : { instance }),
    ...(begin === null ? {} : { from: begin }),
    ...(end === null ? {} : { to: end }),
  };
}

/** Where what is asked for is had as CSV. */
export function exportAddress(query: AuditQuery): string {
  const asked = new URLSearchParams({ ...query }).toString();
  return `/api/audit/export${asked === '' ? '' : `?${asked}`}`;
}

/** null: none, or not yet typed in full. */
function timeOf(local: string): string | null {
  const at = local === '' ? Number.NaN : Date.parse(local);
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}
