import path from 'node:path';
import type { Certificates } from '../domain/ports/certificates.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import { openEmbedded } from './embedded.ts';
import { openFromFiles } from './from-files.ts';
import type { CertificateFiles } from './from-files.ts';
import { issueInProcess } from './issue/run-program.ts';
import { openTicketKeys } from './ticket-keys.ts';

export interface CertificatesOptions {
  /** DBMAKER_HOME. */
  readonly home: string;
  readonly domain: string;
  /** null: made here, by a local authority. */
  readonly files: CertificateFiles | null;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * What the gateway presents, watched and renewed until `stop`.
 * @throws DbmakerError invalid_configuration (the files, or the local authority, cannot be used), disk_full, internal
 */
export async function openCertificates({ home, domain, files, clock, log }: CertificatesOptions): Promise<Certificates> {
  const directory = path.join(home, 'certificates');
  const ticketKeys = openTicketKeys(directory, clock.now(), log);
  return files === null
    ? openEmbedded({ directory, domain, clock, log, issue: issueInProcess, ticketKeys })
    : openFromFiles({ files, domain, clock, log, ticketKeys });
}
