import { destination, pino } from 'pino';
import { readConfig, redacted } from '../config/config.ts';
import { isDbmakerError } from '../domain/errors.ts';
import { startPlatform, type Platform } from './platform.ts';

/** How long a stop may take before the process ends anyway. Nothing is lost then: every step can be cut off. */
const STOP_DEADLINE_MS = 15_000;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = pino({ level: config.logLevel, redact: { paths: ['password', '*.password', 'req.headers.authorization', 'req.headers.cookie', 'token'], censor: '[redacted]' } }, destination({ sync: false })); // a busy disk must not hold up answers
  log.info({ config: redacted(config), node: process.version }, 'starting');
  const platform = await startPlatform(config, log, { isTerminal: process.stderr.isTTY });
  log.info({ parts: config.parts }, 'DbMaker is ready');
  process.stderr.write(platform.greeting);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(platform, signal));

  async function stop(running: Platform, signal: string): Promise<void> {
    log.info({ signal }, 'stopping; databases go on running');
    const drainMs = config.parts.length === 1 && config.parts[0] === 'gateway' ? config.gateway.drainMs : 0;
    // eslint-disable-next-line no-restricted-globals -- the last resort, which has to fire whatever holds up the rest: nobody could move it in a test
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS + drainMs).unref();
    try {
      await running.stop();
      log.info({}, 'stopped');
      process.exit(0);
    } catch (error) {
      log.error({ err: error }, 'did not stop cleanly');
      process.exit(1);
    }
  }
}

function cannotStart(error: unknown): void {
  if (isDbmakerError(error)) process.stderr.write(`\nDbMaker cannot start: ${error.userText}\n${error.remedy === undefined ? '' : `${error.remedy}\n`}\n`);
  else process.stderr.write(`\nDbMaker cannot start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}

// Not when it is only loaded to be compiled, see scripts/setup/server-command.mjs.
if (import.meta.main) main().catch(cannotStart);
