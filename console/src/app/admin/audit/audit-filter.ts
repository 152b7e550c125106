/** What the form holds; '': all. Times as `<input type="datetime-local">` has them. */
export interface AuditFilter {
  readonly user: string;
  readonly action: string;
  /** What it was done to: a slug, a username, ... */
  readonly subject: string;
  /** Id; the form has no field for it, other pages lead here with it. */
  readonly instance: string;
  readonly from: string;
  readonly to: string;
}

export const NO_FILTER: AuditFilter = { user: '', action: '', subject: '', instance: '', from: '', to: '' };

export interface AuditQuery {
  user?: string;
  action?: string;
  subject?: string;
  instance?: string;
  from?: string;
  to?: string;
}

/** Only what is asked for. Times are those of the clock on the wall here. */
export function queryOf({ user, action, subject, instance, from, to }: AuditFilter): AuditQuery {
  const [begin, end] = [timeOf(from), timeOf(to)];
  return {
    ...(user.trim() === '' ? {} : { user: user.trim().toLowerCase() }),
    ...(action === '' ? {} : { action }),
    ...(subject.trim() === '' ? {} : { subject: subject.trim().toLowerCase() }),
    ...(instance === '' ? {} : { instance }),
    ...(begin === null ? {} : { from: begin }),
    ...(end === null ? {} : { to: end }),
  };
}

/** null: none, or not yet typed in full. */
function timeOf(local: string): string | null {
  const at = local === '' ? Number.NaN : Date.parse(local);
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}
