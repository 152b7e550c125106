/** Of work that takes a while. */
export interface Step {
  readonly name: string;
  readonly message: string;
}

/** With the step that an event tells of; its last message is what it is called. What ends the work ends the list. */
export function withStep(steps: readonly Step[], type: string, data: Readonly<Record<string, unknown>>): readonly Step[] {
  if (type === 'instance.running' || type === 'instance.stopped' || type === 'instance.failed') return [];
  const { step: name, message } = data;
  if (type !== 'instance.progress' || typeof name !== 'string' || typeof message !== 'string') return steps;
  const known = steps.findIndex((step) => step.name === name);
  return known === -1 ? [...steps, { name, message }] : steps.with(known, { name, message });
}
