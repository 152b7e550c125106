/** What the form holds; '': all. Times as `<input type="datetime-local">` has them. */
export interface AuditFilter {
  readonly user: string;
  readonly action: string;
  readonly instance: string;
  readonly from: string;
  readonly to: string;
}

export const NO_FILTER: AuditFilter = { user: '', action: '', instance: '', from: '', to: '' };

export interface AuditQuery {
  user?: string;
  action?: string;
  instance?: string;
  from?: string;
  to?: string;
}

/** Only what is asked for. Times are those of the clock on the wall here. */
export function queryOf({ user, action, instance, from, to }: AuditFilter): AuditQuery {
  const [begin, end] = [timeOf(from), timeOf(to)];
  return {
    ...(user.trim() === '' ? {} : { user: user.trim().toLowerCase() }),
    ...(action === '' ? {} : { action }),
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
