import { describe } from 'node:test';
import { disturbanceTests } from './runtime/disturbance.ts';
import { lifecycleTests } from './runtime/lifecycle.ts';
import { limitTests } from './runtime/limits.ts';
import { outputTests } from './runtime/output.ts';
import { streamTests } from './runtime/streams.ts';
import { watchTests } from './runtime/watch.ts';
import type { RuntimeWorld } from './runtime/world.ts';

export type { RuntimeWorld } from './runtime/world.ts';

/** What every runtime promises, on real engines. `setup` is called once for each test: an installation of its own. */
export function runtimeContract(name: string, setup: () => Promise<RuntimeWorld>): void {
  describe(`runtime ${name}`, () => {
    lifecycleTests(setup);
    disturbanceTests(setup);
    watchTests(setup);
    outputTests(setup);
    limitTests(setup);
    streamTests(setup);
  });
}
