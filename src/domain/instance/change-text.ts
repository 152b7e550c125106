/** What can be changed of an instance, as people call it. */
const WORDS = {
  name: 'its name',
  resources: 'its size',
  sleepAfter: 'when it sleeps',
  removeAfter: 'when it is removed without use',
  ttl: 'when it is removed in any case',
  keep: 'whether it is kept',
  tlsOnly: 'whether TLS is required',
  allowedSources: 'which addresses may connect',
} as const;

/** For the history: `Changed: its name, when it sleeps.` */
export function changeText(change: Readonly<Record<string, unknown>>): string {
  return `Changed: ${Object.keys(change).map((member) => (member in WORDS ? WORDS[member as keyof typeof WORDS] : member)).join(', ')}.`;
}
