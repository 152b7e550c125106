import type { Engine } from '../../domain/ports/engine.ts';
import { ensureAccess } from './access.ts';
import { backup } from './backup.ts';
import { dataArchive } from './data-archive.ts';
import { activity, size, version } from './figures.ts';
import { launch } from './launch.ts';
import { rotatePassword } from './password.ts';
import { probe } from './probe.ts';

export const postgresql: Engine = {
  name: 'postgresql',
  defaults: { endpoint: 'socket', socketDirectory: '/var/run/postgresql', socketName: '.s.PGSQL.5432', dataPath: '/var/lib/postgresql/data' },
  launch, probe, ensureAccess, rotatePassword, version, size, activity, backup, dataArchive,
};
