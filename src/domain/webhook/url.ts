import { addressProblem } from './address-rules.ts';

const MAX_LENGTH = 2000;

/**
 * Text of what is wrong with the URL of a webhook, or null. Only what can be seen without asking anybody: where a name leads to is looked
 * at whenever something is sent.
 * @param allow see addressProblem
 */
export function webhookUrlProblem(text: string, allow: readonly string[]): string | null {
  if (text.length > MAX_LENGTH || /[\p{Cc}\s]/u.test(text) || !URL.canParse(text)) return `must be a URL of at most ${MAX_LENGTH} characters`;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https:// or http://';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password: the signature says who sent it';
  if (url.hash !== '') return 'must not hold a fragment (#...): it is never sent';
  const problem = literalProblem(url, allow);
  return problem === null ? null : `must not lead to ${problem}`;
}

/** What forbids the address that a URL holds itself, see addressProblem; null: nothing, or it holds a name. */
export function literalProblem(url: URL, allow: readonly string[], own: readonly string[] = []): string | null {
  const literal = /^\[(.+)\]$/.exec(url.hostname)?.[1] ?? (/^[\d.]+$/.test(url.hostname) ? url.hostname : null);
  return literal === null ? null : addressProblem(literal, allow, own);
}

/** Scheme and host: what may be shown to others than the owner of the webhook. */
export function shownUrl(text: string): string {
  const url = new URL(text);
  return url.pathname === '/' && url.search === '' ? url.origin : `${url.origin}/...`;
}
