import { withStep } from './steps';
import type { Step } from './steps';

describe('steps of long work', () => {
  const progress = (steps: readonly Step[], step: string, message: string): readonly Step[] => withStep(steps, 'instance.progress', { step, message });

  it('are listed once, with what was said of them last', () => {
    let steps = progress([], 'image', 'Pulling');
    steps = progress(steps, 'start', 'Starting');
    steps = progress(steps, 'image', 'Pulled');
    expect(steps.map(({ message }) => message)).toEqual(['Pulled', 'Starting']);
  });

  it('end with the work', () => expect(withStep([{ name: 'image', message: 'Pulling' }], 'instance.running', {})).toEqual([]));

  it('are not told by other events', () => expect(withStep([], 'instance.created', { step: 'x', message: 'y' })).toEqual([]));
});
