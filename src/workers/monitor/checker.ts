import { asDbmakerError, isDbmakerError } from '../../domain/errors.ts';
import type { Instance } from '../../domain/instance/instance.ts';
import type { Outcome } from '../../domain/monitoring/health.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Connect } from '../../domain/ports/connector.ts';
import type { Engine, EngineFigures } from '../../domain/ports/engine.ts';
import { passwordContext, type SecretBox } from '../../domain/ports/secret-box.ts';
import type { EngineName } from '../../domain/template/template.ts';

const CONNECT_MS = 2000;

export interface CheckerPorts {
  readonly engines: Readonly<Record<EngineName, Engine>>;
  readonly connect: Connect;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
}

export interface Checked {
  readonly outcome: Outcome;
  /** null: it has none, or they were not asked for. */
  readonly figures: EngineFigures | null;
}

/**
 * Asks the database itself, by a login and a question: a process that runs says little. One that answers at all is alive, whatever it answers: a
 * restart would help nobody whose password was changed by hand, or who uses all its connections.
 */
export async function checkInstance({ engines, connect, secretBox, clock }: CheckerPorts, instance: Instance, options: { figures: boolean; signal: AbortSignal }): Promise<Checked> {
  const { endpoint } = instance.status;
  const { signal } = options;
  try {
    if (endpoint === null) return { outcome: { answered: 'starting', message: 'It is not reachable yet.' }, figures: null };
    const readiness = await engines[instance.engine].probe({
      connect: () => connect(endpoint, { signal, timeoutMs: CONNECT_MS }),
      username: instance.spec.username,
      password: secretBox.open(instance.secrets.password, passwordContext(instance.id)),
      database: instance.spec.database,
      clock,
      signal,
    }, { figures: options.figures });
    if (readiness.state === 'ready') return { outcome: { answered: 'ready' }, figures: readiness.figures ?? null };
    return { outcome: { answered: readiness.answered === true ? 'starting' : 'no', message: readiness.message }, figures: null };
  } catch (thrown) {
    const error = asDbmakerError(thrown);
    if (error.code === 'cancelled') throw error;
    const silent = isDbmakerError(error, 'endpoint_unreachable') || isDbmakerError(error, 'endpoint_refused');
    return { outcome: silent ? { answered: 'no', message: error.userText } : { answered: 'ready' }, figures: null };
  }
}
