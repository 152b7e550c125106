import path from 'node:path';
import { outcome, type RedisClient, type Target } from './client.ts';
import { program } from './program.ts';

/** Debian's redis-py. */
export const redisPy: RedisClient = {
  name: 'redis-py',
  ask: (target) => outcome(() => run('ask', target)),
  bulk: (target, bytes) => outcome(() => run('bulk', target, bytes)),
  talk: (target) => outcome(() => run('talk', target)),
};

function run(mode: string, { hostname, address, port, username, password, tls, ca }: Target, bytes = 0): Promise<string> {
  return program('/usr/bin/python3', [path.join(import.meta.dirname, 'with_redis_py.py'), mode, hostname, address, String(port), username, password, tls === 'off' ? '' : ca, String(bytes)]);
}
