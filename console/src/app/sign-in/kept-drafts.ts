/** Where ui/draft.ts keeps what was typed, followed by whose it is and in which form. */
export const PLACE = 'dbm.draft.';

/** Whoever signs out leaves nothing behind. */
export function forgetDrafts(): void {
  for (const place of Object.keys(sessionStorage)) if (place.startsWith(PLACE)) sessionStorage.removeItem(place);
}
