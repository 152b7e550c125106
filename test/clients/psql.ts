import { outcome, type Outcome, type PostgresqlClient, type Target } from './client.ts';
import { conninfo } from './conninfo.ts';
import { program } from './program.ts';

const ASK = ['-Atc', "select 'answer-' || 41 + 1"];

/** Debian's psql, so libpq 15. */
export const psql: PostgresqlClient = {
  name: 'psql',
  ask: (target) => outcome(() => run(target, ASK)),
  bulk: (target, bytes) => outcome(async () => {
    const lines = bytes / 1000;
    const copy = ['create temp table bulk (line text)', '\\copy bulk from stdin', 'select sum(length(line) + 1) from bulk'].flatMap((command) => ['-c', command]);
    const up = await run(target, ['-qAt', ...copy], { input: `${'x'.repeat(999)}\n`.repeat(lines) });
    const down = await run(target, ['-c', `\\copy (select repeat('y', 999) from generate_series(1, ${lines})) to stdout`]);
    return `up ${up.trim()} down ${down.length}`;
  }),
  cancel: (target, running) => outcome(() => run(target, ['-c', 'select pg_sleep(30)'], {
    started: (kill) => void running().then(() => kill('SIGINT')), // Ctrl-C
  })),
};

/** As a person who has everything in files or in the environment: nothing is said but `connection`. */
export const psqlWith = (connection: string, env: Readonly<Record<string, string>>): Promise<Outcome> =>
  outcome(() => program('/usr/bin/psql', ['-X', '-d', connection, '-w', ...ASK], { env }));

function run(target: Target, argv: readonly string[], options: Parameters<typeof program>[2] = {}): Promise<string> {
  return program('/usr/bin/psql', ['-X', '-d', conninfo(target), ...argv], { ...options, env: { PGPASSWORD: target.password } });
}
