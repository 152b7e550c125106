import type { NewDatabase } from '../api/types';

/** What the form holds; '' leaves it to the template. */
export interface Order {
  readonly template: string;
  readonly name: string;
  readonly memoryMb: string;
  readonly cpus: string;
  readonly sleepAfter: string;
  readonly removeAfter: string;
  readonly ttl: string;
}

export const NOTHING_CHOSEN: Order = { template: '', name: '', memoryMb: '', cpus: '', sleepAfter: '', removeAfter: '', ttl: '' };

/** Only what was chosen: the rest is as the template says. */
export function newDatabase({ template, name, memoryMb, cpus, sleepAfter, removeAfter, ttl }: Order): NewDatabase {
  return {
    template,
    name,
    ...(memoryMb === '' && cpus === '' ? {} : { resources: { ...(memoryMb === '' ? {} : { memory: `${memoryMb}MB` }), ...(cpus === '' ? {} : { cpus: Number(cpus) }) } }),
    ...(sleepAfter === '' ? {} : { sleepAfter }),
    ...(removeAfter === '' ? {} : { removeAfter }),
    ...(ttl === '' ? {} : { ttl }),
  };
}
