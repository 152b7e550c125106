import type { Engine } from '../../domain/ports/engine.ts';
import { ensureAccess } from './access.ts';
import { beforeStop } from './before-stop.ts';
import { backup } from './backup.ts';
import { activity, size, version } from './figures.ts';
import { launch } from './launch.ts';
import { rotatePassword } from './password.ts';
import { probe } from './probe.ts';

export const redis: Engine = {
  name: 'redis',
  defaults: { endpoint: 'socket', socketDirectory: '/run/dbmaker', socketName: 'redis.sock', dataPath: '/data' },
  launch, probe, ensureAccess, beforeStop, rotatePassword, version, size, activity, backup,
  dataArchive: null, // its log is good up to its last complete entry, however it ended
};
