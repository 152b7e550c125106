import { isIP } from 'node:net';
import { outcome, type RedisClient, type Target } from './client.ts';
import { program } from './program.ts';

/** Debian's redis-cli 7.0: it checks the authority, not the name. */
export const redisCli: RedisClient = {
  name: 'redis-cli',
  ask: (target) => outcome(() => run(target, ['SET', 'answer', 'answer-42', 'GET'], ['GET', 'answer'])),
  bulk: (target, bytes) => outcome(async () => {
    await program('/usr/bin/redis-cli', [...login(target), '-x', 'SET', 'bulk'], { input: 'x'.repeat(bytes), env: { REDISCLI_AUTH: target.password } });
    const up = await run(target, ['STRLEN', 'bulk']);
    const down = await run(target, ['GET', 'bulk']);
    await run(target, ['DEL', 'bulk']);
    return `up ${up.trim()} down ${down.trimEnd().length}`;
  }),
  talk: (target) => outcome(async () => {
    const heard = program('/usr/bin/timeout', ['--preserve-status', '-s', 'INT', '4', '/usr/bin/redis-cli', ...login(target), '-3', 'SUBSCRIBE', 'news'], { env: { REDISCLI_AUTH: target.password } })
      .catch((error: unknown) => (error as { stderr?: string }).stderr ?? '');
    const popped = run(target, ['BLPOP', 'queue', '10']);
    for (let tries = 0; tries < 20 && (await run(target, ['PUBLISH', 'news', 'hello'])).trim() === '0'; tries += 1) await new Promise((resolve) => setTimeout(resolve, 100));
    await run(target, ['RPUSH', 'queue', 'item']);
    return `heard ${/hello/.exec(await heard)?.[0] ?? 'nothing'} popped ${/item/.exec(await popped)?.[0] ?? 'nothing'}`;
  }),
};

const login = ({ hostname, address, port, username, tls, ca }: Target): string[] =>
  ['-h', address, '-p', String(port), '--user', username, '--no-auth-warning', '-e', ...(tls === 'off' ? [] : ['--tls', ...(isIP(hostname) === 0 ? ['--sni', hostname] : []), '--cacert', ca])];

async function run(target: Target, ...commands: string[][]): Promise<string> {
  let output = '';
  for (const command of commands) output = await program('/usr/bin/redis-cli', [...login(target), ...command], { env: { REDISCLI_AUTH: target.password } });
  return output;
}
