import { asDbmakerError, DbmakerError, isDbmakerError, type ErrorCode } from '../../../domain/errors.ts';
import type { InstanceRoute } from '../../../domain/instance/route.ts';
import type { Found, Session } from '../../session.ts';
import { readLogin } from './authentication.ts';
import { readCommand } from './commands.ts';
import { encodeError } from './errors.ts';
import { RedisLogin } from './log-in.ts';

/** Commands before a login: a few are what clients do, many are somebody who tries. */
const MAX_COMMANDS = 32;
/** After a refusal: how long, and how many more commands are answered. */
const LINGER_MS = 1000;
const MAX_ANSWERS = 8;
const NOTHING = Buffer.alloc(0);
const OK = Buffer.from('+OK\r\n');

/** How Redis words its errors: clients look at the first word. `LOADING`-like ones make good clients try again. */
const CODES: Partial<Readonly<Record<ErrorCode, string>>> = { not_running: 'LOADING', endpoint_unreachable: 'LOADING', address_not_allowed: 'NOPERM', not_found: 'WRONGPASS' };

/**
 * One client of Redis from its first byte to its login. Found by the name in TLS, else by the username of the first AUTH or HELLO (it is the
 * slug). Everything before a successful login is answered here or passed on one command at a time, so that nobody stays without a login
 * beyond the deadline. Never rejects.
 * Protocol: https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
export async function serveRedis(session: Session, found: Found | null): Promise<void> {
  session.protocol = 'redis';
  let instance: RedisLogin | null = null;
  try {
    await session.secureIfAsked((offered) => offered[0]);
    let target: Found | null = null;
    for (let commands = 0; commands < MAX_COMMANDS; commands += 1) {
      const { args, bytes } = await nextCommand(session);
      if (commands === 0) { // not before it is clear that this is Redis at all, so that a refusal is in words it understands
        target = found ?? bySni(session);
        if (target !== null) session.admit(target.route);
      }
      const login = readLogin(args);
      if (login.kind !== 'login') {
        const quit = args[0]?.toString().toLowerCase() === 'quit';
        if (quit) {
          instance?.destroy();
          return session.farewell(OK);
        }
        session.wire.socket.write(encodeError(login.kind === 'error' ? login.code : 'NOAUTH', login.kind === 'error' ? login.text : noAuth(args)));
        continue;
      }
      if (target === null) {
        target = byUsername(session, login.username);
        session.admit(target.route);
      }
      instance ??= new RedisLogin(session, target.route);
      const answer = await instance.ask(bytes);
      if (answer.refused) {
        session.wire.socket.write(answer.bytes);
        continue;
      }
      return await session.join(target.route, target.routedBy, answer.socket, { fromClient: session.wire.takeAll(), fromInstance: answer.bytes });
    }
    throw new DbmakerError('rate_limited', 'Too many commands before a login.');
  } catch (thrown) {
    instance?.destroy();
    const error = asDbmakerError(thrown);
    session.failed(error);
    if (error.code === 'cancelled') return void session.wire.socket.destroy();
    const words = encodeError(CODES[error.code] ?? 'ERR', error.remedy === undefined ? error.userText : `${error.userText} ${error.remedy}`);
    if (error.code === 'invalid_request') return session.farewell(words);
    await repeat(session, words);
    session.farewell(NOTHING);
  }
}

/**
 * Answers with the same words for a moment. A client that has sent HELLO takes an error for an old Redis and tries AUTH instead, on the same connection
 * (ioredis, tried): what is said to that is what it shows.
 */
async function repeat(session: Session, words: Buffer): Promise<void> {
  const over = new AbortController(); // the deadline of the session may be what it is about
  const cancel = session.shared.ports.clock.after(LINGER_MS, () => over.abort());
  try {
    for (let answers = 0; answers < MAX_ANSWERS; answers += 1) {
      session.wire.socket.write(words);
      await nextCommand(session, over.signal);
    }
  } catch {
    // the moment is over, the client is gone, or talks nonsense: the end comes anyway
  } finally {
    cancel();
  }
}

const bySni = (session: Session): Found | null => (session.label === null ? null : { route: session.lookUp(session.label, 'redis'), routedBy: 'sni' });

function byUsername(session: Session, username: string | null): Found {
  const { domain } = session.shared.ports.settings;
  if (username === null || username === 'default') {
    throw new DbmakerError('not_found', 'Your client did not say which database it wants.', {
      remedy: `Log in with the username of the database (its slug, as in its connection details), or connect with TLS and the host name (ending in .${domain}) as server name (SNI).`,
    });
  }
  return { route: lookUpUser(session, username), routedBy: 'username' };
}

/** Not repeated to anybody, nor to the log: people swap the username and the password. */
function lookUpUser(session: Session, username: string): InstanceRoute {
  try {
    return session.lookUp(username, 'redis');
  } catch (error) {
    if (!isDbmakerError(error, 'not_found')) throw error;
    throw new DbmakerError('not_found', 'No database goes by the username that your client logs in with.', { remedy: 'The username is the first part of the host name: AUTH <username> <password>.' });
  }
}

const noAuth = (args: readonly Buffer[]): string => (args[0]?.toString().toLowerCase() === 'hello'
  ? 'HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time'
  : 'Authentication required.');

/** @throws DbmakerError invalid_request (not Redis, too long), cancelled, handshake_timeout */
async function nextCommand(session: Session, signal = session.signal): Promise<{ args: readonly Buffer[]; bytes: Buffer }> {
  for (;;) {
    const command = readCommand(session.wire.bytes);
    if (command.kind === 'invalid') throw new DbmakerError('invalid_request', command.problem);
    if (command.kind === 'command') return { args: command.args, bytes: session.wire.take(command.size) };
    await session.more(signal);
  }
}
