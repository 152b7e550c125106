import { DbmakerError } from '../../domain/errors.ts';
import type { Engine } from '../../domain/ports/engine.ts';
import { probe } from './probe.ts';

const unknown = (what: string): DbmakerError =>
  new DbmakerError('unsupported', `DbMaker does not know this kind of database well enough to ${what}.`);

/** Any TCP service: all that is known of it is whether it takes connections. */
export const generic: Engine = {
  name: 'generic',
  defaults: { endpoint: 'tcp', socketDirectory: null, socketName: null, dataPath: null },
  launch: (input) => ({ command: input.command, environment: {} }),
  probe,
  ensureAccess: async () => undefined,
  rotatePassword: async () => {
    throw unknown('change its password');
  },
  version: async () => '',
  size: async () => 0,
  backup: null,
  dataArchive: null,
  // Zero would read as "nobody uses it" and let it be put to sleep.
  activity: async () => {
    throw unknown('see who uses it');
  },
};
