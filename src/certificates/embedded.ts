import { DbmakerError } from '../domain/errors.ts';
import type { Certificates, Presented } from '../domain/ports/certificates.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import { readAuthority, readOrCreateAuthority } from './authority.ts';
import { present } from './context.ts';
import type { Issue } from './issue/request.ts';
import type { ReadPair } from './pair.ts';
import { codeOf, prepareDirectory } from './private-files.ts';
import { repeat } from './repeat.ts';
import { readOrIssueServerCertificate } from './server-certificate.ts';
import type { TicketKeys } from './ticket-keys.ts';

const DAY_MS = 86_400_000;
const AFTER_FAILURE_MS = 60 * 60_000;
const AUTHORITY_WARNING_MS = 180 * DAY_MS;

export interface EmbeddedOptions {
  /** Of this home's certificates. */
  readonly directory: string;
  readonly domain: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly issue: Issue;
  readonly ticketKeys: TicketKeys;
}

interface State {
  readonly authority: ReadPair;
  readonly server: ReadPair;
  readonly current: Presented;
}

/**
 * Certificates of a local authority that lives in the home, looked at once a day. A look that fails leaves what is there in use.
 * @throws DbmakerError invalid_configuration, disk_full, internal
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<Certificates> {
  const { directory, domain, clock, log } = options;
  let state: State;
  try {
    prepareDirectory(directory, clock.now());
    state = await look(await readOrCreateAuthority(directory, clock.now(), options.issue), options);
  } catch (error) {
    throw startFailure(error, directory);
  }
  if (!domain.includes('.')) {
    log.warn({ domain }, `Only some clients (libpq, JDBC) accept a certificate for *.${domain}: others want a dot in the domain, such as db.${domain} (DBMAKER_DOMAIN)`);
  }
  warnOfEnd(state.authority, clock.now(), log);

  let pauseMs = DAY_MS;
  const stop = repeat(clock, () => pauseMs, async () => {
    try {
      // Only read: an authority that vanished under a running gateway was hardly meant to be replaced by one that nobody trusts.
      const fresh = await look(readAuthority(directory), options);
      const changed = fresh.server.leaf.fingerprint256 !== state.server.leaf.fingerprint256;
      state = fresh;
      if (changed) log.info({ notAfter: isoDate(state.current.notAfter) }, 'new connections get the new TLS certificate');
      warnOfEnd(state.authority, clock.now(), log);
      pauseMs = DAY_MS;
    } catch (error) {
      log.error({ reason: reasonOf(error), notAfter: isoDate(state.current.notAfter) }, 'the TLS certificate could not be looked after; the one in use stays');
      pauseMs = AFTER_FAILURE_MS;
    }
  });
  return {
    get current() { return state.current; },
    get authority() { return state.authority.certificate; },
    stop,
  };
}

async function look(authority: ReadPair, { directory, domain, clock, log, issue, ticketKeys }: EmbeddedOptions): Promise<State> {
  const server = await readOrIssueServerCertificate({ directory, authority, domain, now: clock.now(), issue, log });
  return { authority, server, current: present(server, ticketKeys) };
}

function warnOfEnd({ leaf }: ReadPair, now: number, log: Log): void {
  const ends = leaf.validToDate.getTime();
  if (ends - now > AUTHORITY_WARNING_MS) return;
  const text = `The local certificate authority ${ends > now ? 'ends soon' : 'has ended: clients refuse it'}. docs/tls.md says how to make a new one, which everybody has to trust anew`;
  if (ends > now) log.warn({ notAfter: isoDate(ends) }, text);
  else log.error({ notAfter: isoDate(ends) }, text);
}

function isoDate(ms: number): string {
  return new Date(ms).toISOString();
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function startFailure(error: unknown, directory: string): DbmakerError {
  if (error instanceof DbmakerError) return error;
  if (codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT') {
    return new DbmakerError('disk_full', 'The disk of the server is full.', { cause: error, remedy: 'Make room on the disk that holds DBMAKER_HOME.' });
  }
  return new DbmakerError('invalid_configuration', `The TLS certificates in ${directory} cannot be read or made: ${reasonOf(error)}`, {
    cause: error, remedy: 'The directory must be writable and belong to the user that runs DbMaker.',
  });
}
