import { Readable } from 'node:stream';
import type { AuditFilter, AuditRepository } from '../domain/ports/store.ts';
import type { Caller } from './caller.ts';
import { csvHead, csvLine } from './csv.ts';
import { auditView } from './schemas/audit.ts';

/** Rows that are read and held at once. */
const ROWS = 200;
const COLUMNS = ['time', 'who', 'kind', 'action', 'subject', 'outcome', 'code', 'source', 'detail', 'instance', 'token', 'request', 'id'];

/**
 * All rows that pass the filter as CSV, newest first. It reads on as fast as it is read itself; what is written meanwhile is newer than where it began
 * and does not prolong it.
 */
export function auditCsv(audit: Pick<AuditRepository, 'list'>, filter: AuditFilter, caller: Caller): Readable {
  async function* lines(): AsyncGenerator<string> {
    yield csvHead(COLUMNS);
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await audit.list(filter, { limit: ROWS, ...(cursor === undefined ? {} : { cursor }) });
      yield page.items.map((entry) => {
        const { id, at, actor, action, subject, outcome, code, source, detail, instanceId, tokenId, requestId } = auditView(entry, caller);
        const asked = Object.keys(detail).length === 0 ? '' : JSON.stringify(detail);
        return csvLine([at, actor.name, actor.kind, action, subject ?? '', outcome, code ?? '', source ?? '', asked, instanceId ?? '', tokenId ?? '', requestId ?? '', String(id)]);
      }).join('');
      cursor = page.next;
    }
  }
  return Readable.from(lines(), { objectMode: false });
}
