import { DbmakerError } from '../../../domain/errors.ts';
import type { InstanceRoute } from '../../../domain/instance/route.ts';
import { pause } from '../../../domain/pause.ts';
import type { Found, Session } from '../../session.ts';
import type { Cancels } from './cancels.ts';
import { takeEndpoint } from './endpoint-option.ts';
import { logIn, type NotYet } from './log-in.ts';
import { readPreamble, type Preamble } from './preamble.ts';
import { refusal } from './refusal.ts';
import { encodeStartup } from './startup-packet.ts';

const NOTHING = Buffer.alloc(0);
/** Between two tries to log in to a database that is not ready for it. */
const RETRY_MS = 100;
const MAX_RETRY_MS = 1000;

type Startup = Preamble & { kind: 'startup' };
type CancelRequest = Preamble & { kind: 'cancel-request' };

/** What is known where a connection came in: the instance, by its own port or by its name in TLS; null: the client has to tell, and TLS is needed to carry it. */
export interface PostgresqlDoor {
  readonly found: Found | null;
  readonly cancels: Cancels;
}

/**
 * One client of PostgreSQL from its first byte. Answers SSLRequest and GSSENCRequest, takes direct TLS, finds the instance, logs in through
 * the gateway and joins both ends. Every refusal is an ErrorResponse; libpq throws away one that comes before TLS (CVE-2024-10977), so TLS
 * is set up first where the client wants it. Never rejects.
 * Protocol: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP
 */
export async function servePostgresql(session: Session, door: PostgresqlDoor): Promise<void> {
  session.protocol = 'postgresql';
  try {
    const opening = await readOpening(session);
    if (opening.kind === 'cancel-request') {
      await door.cancels.cancel(session, opening);
      session.farewell(NOTHING); // no answer, whether or not there was something to cancel
    } else {
      await connect(session, door, opening);
    }
  } catch (thrown) {
    const { error, words } = refusal(thrown);
    session.failed(error);
    if (error.code === 'cancelled') session.wire.socket.destroy();
    else session.farewell(error.code === 'access_denied' ? NOTHING : words); // the database has said itself why it refused
  }
}

/** Everything up to the packet that says who somebody is, or what is to be cancelled. */
async function readOpening(session: Session): Promise<Startup | CancelRequest> {
  for (let gssAsked = false; ;) {
    const preamble = readPreamble(session.wire.bytes);
    switch (preamble.kind) {
      case 'incomplete':
        await session.more();
        break;
      case 'tls':
        await session.secure(choosePostgresql);
        break;
      case 'ssl-request':
        session.wire.take(preamble.size);
        // What came along in plain text could be somebody else's, to be taken for a part of the session (CVE-2021-23222).
        if (session.wire.bytes.length > 0) throw new DbmakerError('invalid_request', 'Received unencrypted data after the request for TLS.');
        if (session.tls) throw new DbmakerError('invalid_request', 'TLS is on already.');
        session.wire.socket.write('S');
        await session.secure(choosePostgresql);
        break;
      case 'gss-request':
        session.wire.take(preamble.size);
        if (gssAsked || session.tls || session.wire.bytes.length > 0) throw new DbmakerError('invalid_request', 'Unexpected request for GSSAPI encryption.');
        gssAsked = true;
        session.wire.socket.write('N');
        break;
      case 'invalid':
        throw new DbmakerError('invalid_request', preamble.problem);
      case 'cancel-request':
      case 'startup':
        session.wire.take(preamble.size);
        return preamble;
    }
  }
}

/** Clients of PostgreSQL 17 and later insist that the server agrees to this name. */
const choosePostgresql = (offered: readonly string[]): string | undefined => offered.find((name) => name === 'postgresql');

async function connect(session: Session, door: PostgresqlDoor, startup: Startup): Promise<void> {
  if (startup.version.major !== 3) throw new DbmakerError('unsupported', `Version ${String(startup.version.major)} of the protocol is not supported; version 3 is.`);
  const option = takeEndpoint(startup.parameters);
  if (option.problem !== undefined) throw new DbmakerError('invalid_request', option.problem);
  const { route, routedBy } = find(session, door, option.endpoint);
  session.admit(route);
  const done = await session.turnToLogIn(route);
  try {
    await logInPatiently(session, door, { route, routedBy }, encodeStartup(startup.version, option.parameters));
  } finally {
    done();
  }
}

async function logInPatiently(session: Session, door: PostgresqlDoor, { route, routedBy }: Found, packet: Buffer): Promise<void> {
  const { clock, settings } = session.shared.ports;
  const giveUpAt = clock.now() + settings.wakeDeadlineMs;
  for (let tries = 0; ; tries += 1) {
    const instance = await session.open(route);
    try {
      instance.write(packet);
      const outcome = await logIn(session, instance, (backend) => door.cancels.register(session, route, backend));
      if ('fromInstance' in outcome) return await session.join(route, routedBy, instance, outcome);
      if (clock.now() >= giveUpAt) throw notReady(session, outcome);
    } catch (error) {
      instance.destroy();
      throw error;
    }
    // It is being restarted: like one that sleeps it is waited for, and the client sees only latency.
    instance.destroy();
    await pause(clock, Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** tries), session.signal);
  }
}

function notReady(session: Session, { error }: NotYet): DbmakerError {
  if (error === null) return new DbmakerError('endpoint_unreachable', 'The database closes every connection before the login. Try again in a moment.');
  session.wire.socket.write(error);
  return new DbmakerError('access_denied', 'The database was not ready for a login in time.'); // it has said so itself
}

/** @throws DbmakerError tls_required, not_found, invalid_request, rate_limited */
function find(session: Session, { found }: PostgresqlDoor, endpoint: string | null): Found {
  const { label } = session;
  const name = endpoint?.split('.', 1)[0]?.toLowerCase() ?? null;
  if (found !== null) {
    if (name !== null && lookUpOption(session, name).id !== found.route.id) throw new DbmakerError('invalid_request', `This ${found.routedBy === 'port' ? 'port' : 'name'} leads to ${found.route.slug}, not to the endpoint ${name}.`, { remedy: 'Leave the option endpoint away, or use the shared port.' });
    return found;
  }
  if (!session.tls) throw new DbmakerError('tls_required', 'This port takes connections with TLS only: the name of the database is part of TLS.', { remedy: 'Connect with sslmode=require, or to the database\'s own port (directPort in its connection details).' });
  if (label !== null) {
    const route = session.lookUp(label, 'postgresql');
    if (name !== null && lookUpOption(session, name).id !== route.id) throw new DbmakerError('invalid_request', `The host name says ${label}, the option endpoint says ${name}.`, { remedy: 'Leave the option endpoint away.' });
    return { route, routedBy: 'sni' };
  }
  if (name !== null) return { route: lookUpOption(session, name), routedBy: 'option' };
  throw new DbmakerError('not_found', session.servername === null
    ? 'Your client did not say which database it wants: it sent no server name (SNI).'
    : `No database goes by the name ${session.servername}.`, {
    remedy: `Connect to the host name of the database (ending in .${session.shared.ports.settings.domain}), add options=endpoint=SLUG, or use the database's own port (directPort in its connection details).`,
  });
}

const lookUpOption = (session: Session, name: string): InstanceRoute =>
  session.lookUp(name, 'postgresql', 'Check the option endpoint: it takes the first part of the host name that is shown with the database\'s connection details.');
