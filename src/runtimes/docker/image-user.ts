/** Whom an image's process runs as, as far as its configuration tells. */
export type ImageUser =
  /** Numeric: its directories can be handed to it. */
  | { readonly kind: 'ids'; readonly uid: number; readonly gid: number }
  /** Starts as root and usually becomes somebody else by itself (the official images). */
  | { readonly kind: 'root' }
  /** A name that only the image can resolve. */
  | { readonly kind: 'name' };

/** Reads `Config.User` of an image: '', '0', 'root', '999', '10015:10015', 'memcache', 'app:app'. */
export function parseImageUser(user: string | undefined): ImageUser {
  const [name = '', group = ''] = (user ?? '').split(':');
  if (name === '' || name === 'root' || /^0+$/.test(name)) return { kind: 'root' };
  if (!/^\d+$/.test(name)) return { kind: 'name' };
  const uid = Number(name);
  if (group !== '' && !/^\d+$/.test(group)) return { kind: 'name' };
  // Without a group Docker looks the uid up in the image's passwd, else takes 0; the uid alone decides over directories of mode 0700.
  return { kind: 'ids', uid, gid: group === '' ? uid : Number(group) };
}
