/** Events that people choose, by their types. What is not here can be named as the API has it. */
export const EVENT_TYPES: readonly { readonly type: string; readonly text: string }[] = [
  { type: 'instance.created', text: $localize`A database is created` },
  { type: 'instance.running', text: $localize`A database runs` },
  { type: 'instance.sleeping', text: $localize`A database falls asleep` },
  { type: 'instance.stopped', text: $localize`A database is stopped` },
  { type: 'instance.failed', text: $localize`A database fails` },
  { type: 'instance.crashed', text: $localize`A database crashes and is started again` },
  { type: 'instance.unhealthy', text: $localize`A database does not answer` },
  { type: 'instance.healthy', text: $localize`A database answers again` },
  { type: 'instance.shared', text: $localize`A database is shared with somebody` },
  { type: 'instance.unshared', text: $localize`A database is no longer shared with somebody` },
  { type: 'instance.removal-warned', text: $localize`A database will be removed soon` },
  { type: 'instance.deleted', text: $localize`A database is gone` },
  { type: 'instance.backed-up', text: $localize`A backup is created` },
  { type: 'instance.backup-failed', text: $localize`A backup fails` },
  { type: 'instance.restored', text: $localize`A backup is restored` },
  { type: 'instance.password-rotated', text: $localize`A database has a new password` },
  { type: 'webhook.disabled', text: $localize`A webhook is switched off automatically` },
];

const KNOWN = new Set(EVENT_TYPES.map(({ type }) => type));
const ALL = '*';

/** The types of a webhook as people choose them. */
export interface EventChoice {
  readonly all: boolean;
  /** Of {@link EVENT_TYPES}. */
  readonly chosen: readonly string[];
  /** Others, as they are typed: separated by commas or spaces. */
  readonly others: string;
}

export function choiceOf(types: readonly string[]): EventChoice {
  return { all: types.includes(ALL), chosen: types.filter((type) => KNOWN.has(type)), others: types.filter((type) => type !== ALL && !KNOWN.has(type)).join(', ') };
}

export function typesOf({ all, chosen, others }: EventChoice): string[] {
  return [...(all ? [ALL] : chosen), ...others.split(/[\s,]+/).filter((type) => type !== '')];
}

/** "All events", or what they are. */
export function eventsText(types: readonly string[]): string {
  const { all, chosen, others } = choiceOf(types);
  const words = [...(all ? [$localize`All events`] : EVENT_TYPES.filter(({ type }) => chosen.includes(type)).map(({ text }) => text)), ...(others === '' ? [] : [others])];
  return new Intl.ListFormat(undefined, { type: 'conjunction' }).format(words);
}
