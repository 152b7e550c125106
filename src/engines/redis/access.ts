import { DbmakerError } from '../../domain/errors.ts';
import type { Engine } from '../../domain/ports/engine.ts';
import { requireWithin } from '../data-path.ts';
import { saveUsers } from './password.ts';
import { info, pairs, type Session, withSession } from './session.ts';

/** The user is there if we get in at all, databases are numbers; checks where the data is, that it is kept, and that nobody else gets in. */
export const ensureAccess: Engine['ensureAccess'] = async (target, { dataPath }) => {
  await withSession(target, async (session) => {
    if (dataPath !== null) requireWithin(await setting(session, 'dir'), dataPath);
    await ensureAppendOnly(session);
    if (target.username !== 'default') await ensureDefaultUserOff(session);
  });
};

/**
 * Turned on for the running server only, it would do harm: the next start would read the older snapshot and then overwrite the log
 * of all changes. So it is turned on only where that can be written to a configuration file.
 */
async function ensureAppendOnly(session: Session): Promise<void> {
  if ((await setting(session, 'appendonly')) === 'yes') return;
  if (!(await info(session, 'server')).get('config_file')) {
    throw new DbmakerError('invalid_template', 'This Redis runs without its append-only file, so a restart would lose data.', {
      remedy: 'Add "--appendonly yes" to the template\'s command, or leave the command out.',
    });
  }
  await session.command('CONFIG', 'SET', 'appendonly', 'yes');
  await session.command('CONFIG', 'REWRITE');
}

/**
 * Off, so that nobody is let in as it, but with all rights: Redis replays its log in the name of this user, and without rights it leaves out every
 * transaction and every script that is in it, without failing (redis#14541, valkey#3983).
 */
async function ensureDefaultUserOff(session: Session): Promise<void> {
  const user: unknown = await session.command('ACL', 'GETUSER', 'default');
  const member = (name: string): unknown => (Array.isArray(user) ? (user as unknown[])[user.indexOf(name) + 1] : null);
  const flags = member('flags');
  const isOn = Array.isArray(flags) && flags.includes('on');
  if (!isOn && member('commands') === '+@all' && String(member('keys')).includes('*')) return;
  await session.command('ACL', 'SETUSER', 'default', 'off', 'resetpass', 'allkeys', 'allchannels', 'allcommands');
  await saveUsers(session);
  if (isOn) await session.command('CLIENT', 'KILL', 'USER', 'default'); // who came in before stays in otherwise
}

async function setting(session: Session, name: string): Promise<string> {
  return pairs(await session.command('CONFIG', 'GET', name)).get(name) ?? '';
}
