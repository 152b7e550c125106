/**
 * The kill test: random operations by a client while `kill -9` hits the server at random moments. After each restart the world has to
 * converge. On failure the seed, the history and the server's log are told.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { killsOr } from '../support/kills.ts';
import { createRandom } from '../support/random.ts';
import { startServer } from '../support/server.ts';
import type { TestServer } from '../support/server.ts';
import { converged, nothingLost, worldMatches } from './kill/checks.ts';
import { KillClient } from './kill/client.ts';

export interface KillTest {
  readonly runtime: 'docker' | 'process';
  /** How often at least; `DBMAKER_TEST_KILLS` overrides it for longer runs. */
  readonly kills: number;
  /** Instances that live at the same time. */
  readonly limit: number;
}

export async function killTest({ runtime, kills: least, limit }: KillTest): Promise<{ kills: number; history: readonly string[] }> {
  const random = createRandom();
  const kills = killsOr(least);
  const history: string[] = [`seed ${random.seed}`];
  // A deleted one's port may be had again at once: the range must last for the whole test.
  await using server = await startServer({ runtime, env: { DBMAKER_PORT_QUARANTINE_SECONDS: '1', DBMAKER_QUOTA_INSTANCES: '100', DBMAKER_QUOTA_MEMORY_MB: '1000000', DBMAKER_QUOTA_CPUS: '1000' } });
  const client = new KillClient(server, random, (line) => history.push(`  ${line}`));
  const kill = async (after: number): Promise<void> => {
    await pause(after);
    if (server.pid === undefined) return; // not even started
    await server.kill('SIGKILL');
    done += 1;
  };
  let done = 0;
  try {
    while (done < kills) {
      history.push(`kill ${done + 1}`);
      const moment = random.between(0, 1500);
      const acts = Array.from({ length: random.between(2, 8) }, async () => {
        await pause(random.between(0, moment)); // so that the kill finds some under way, others just answered
        await client.act(limit);
      });
      if (server.pid === undefined) throw new Error('The server ended by itself');
      await Promise.all([kill(moment), ...acts]);
      // Now and then while it starts and picks up the pieces, too.
      while (done < kills && random.unit() < 0.3) await killWhileStarting(server, () => kill(random.between(0, 800)));
      await server.start();
      await client.settleCreations();
      const rows = await converged(client);
      await worldMatches(server, runtime, rows);
      await nothingLost(client);
    }
    // Those that were stopped have kept theirs as well.
    await Promise.all(client.instances.map((instance) => client.start(instance)));
    await worldMatches(server, runtime, await converged(client));
    await nothingLost(client);
    return { kills: done, history };
  } catch (error) {
    const text = `Seed ${random.seed} (repeat: DBMAKER_TEST_SEED=${random.seed}), after ${done} kills:\n${history.slice(-40).join('\n')}\nServer log:\n${await server.logText()}`;
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${text}`, { cause: error });
  }
}

/** A start that is killed under way; it may also have been faster than the kill. */
async function killWhileStarting(server: TestServer, kill: () => Promise<void>): Promise<void> {
  const starting = server.start().catch(() => undefined); // it is meant to fail
  await kill();
  await starting;
}
