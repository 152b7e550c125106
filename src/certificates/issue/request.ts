import type { Pair } from '../pair.ts';

/** Times in milliseconds since 1970. */
export type IssueRequest =
  | { readonly kind: 'authority'; readonly name: string; readonly notBefore: number; readonly notAfter: number }
  | { readonly kind: 'server'; readonly authority: Pair; readonly names: readonly string[]; readonly notBefore: number; readonly notAfter: number };

/** Makes a key and its certificate. @throws DbmakerError internal */
export type Issue = (request: IssueRequest) => Promise<Pair>;
