import assert from 'node:assert/strict';
import type { Client, Outcome } from './client.ts';

export function answered(client: Pick<Client, 'name'>, outcome: Outcome): void {
  assert.ok(outcome.ok, `${client.name} showed: ${outcome.ok ? '' : outcome.shown}`);
  assert.match(outcome.output, /answer-42/);
}

/** All of `words` are in what the person sees. */
export function shown(client: Pick<Client, 'name'>, outcome: Outcome, ...words: readonly RegExp[]): void {
  assert.ok(!outcome.ok, `${client.name} got an answer`);
  for (const word of words) assert.match(outcome.shown, word, client.name);
}

export async function each<T extends Client>(clients: readonly T[], work: (client: T) => Promise<void>): Promise<void> {
  for (const client of clients) await work(client);
}
