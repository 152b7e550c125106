import { usernameProblem } from '../names.ts';

const LONGEST = 32;
/** Letters that do not come apart into one of a to z and a mark. */
const SPELT: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', ø: 'o', œ: 'oe', ð: 'd', þ: 'th', ł: 'l', đ: 'd', ı: 'i' };

/**
 * A username out of what an issuer calls somebody: the local part of an email address, as a DNS label that `usernameProblem` has nothing against.
 * @param attempt 1, 2, 3, ...: another one each time, for when it is taken
 */
export function usernameFrom(name: string, attempt = 1): string {
  const local = name.split('@', 1)[0] ?? '';
  const plain = local.toLowerCase().replace(/[ßæøœðþłđı]/g, (letter) => SPELT[letter] ?? '').normalize('NFKD').replace(/\p{M}/gu, '');
  const label = plain.replace(/\+.*$/, '').replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  const begun = /^[a-z]/.test(label) ? label : `u-${label}`;
  const end = attempt === 1 ? '' : `-${String(attempt)}`;
  const cut = `${begun.slice(0, LONGEST - end.length).replace(/-+$/, '')}${end}`;
  if (usernameProblem(cut) === null) return cut;
  return `u-${begun}`.slice(0, LONGEST - end.length).replace(/-+$/, '') + end; // a reserved one
}
