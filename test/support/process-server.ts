// The other server of process-runtime.ts: started to be killed. Reads its order from stdin.
import { text } from 'node:stream/consumers';
import { systemClock } from '../../src/main/clock.ts';
import { createProcessRuntime } from '../../src/runtimes/process/index.ts';
import type { Workload } from '../../src/domain/ports/runtime.ts';
import { quietLog } from './quiet-log.ts';

export type Step = 'prepare' | 'create' | 'start' | 'stop' | 'remove';

export interface OtherServerOrder {
  readonly home: string;
  readonly homeId: string;
  readonly workload: Workload;
  readonly steps: readonly Step[];
}

const { home, homeId, workload, steps } = JSON.parse(await text(process.stdin)) as OtherServerOrder;
const runtime = createProcessRuntime({ home, homeId, log: quietLog, clock: systemClock });
const staying = setInterval(() => undefined, 60_000); // as a real server, whose listeners keep it
const deadline = setTimeout(() => process.exit(3), 120_000); // should whoever started us be gone
for (const step of steps) {
  process.stdout.write(`${step}\n`);
  switch (step) {
    case 'prepare': await runtime.prepare(workload, () => undefined); break;
    case 'create': await runtime.create(workload); break;
    case 'start': await runtime.start(workload); break;
    case 'stop': await runtime.stop(workload.id, { graceMs: 10_000 }); break;
    case 'remove': await runtime.remove(workload.id); break;
  }
}
process.stdout.write('done\n');
process.once('SIGTERM', () => {
  clearInterval(staying);
  clearTimeout(deadline);
});
