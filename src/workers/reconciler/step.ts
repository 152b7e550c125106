import { DONE, type Pass, type StepResult } from './context.ts';
import { removeInstance } from './remove.ts';
import { keepRunning } from './run.ts';
import { putToSleep } from './sleep.ts';
import { stopInstance } from './stop.ts';

/**
 * One step towards what the spec wants. Takes (spec, observation), holds no state, never sleeps; every branch can be carried out twice
 * and be killed anywhere in between.
 */
export function step(pass: Pass): Promise<StepResult> {
  switch (pass.instance.spec.desired) {
    case 'deleted':
      return removeInstance(pass);
    case 'stopped':
      return stopInstance(pass);
    case 'sleeping':
      return putToSleep(pass);
    case 'running':
      return keepRunning(pass);
    default:
      return Promise.resolve(DONE);
  }
}
