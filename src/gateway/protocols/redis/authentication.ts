/** What a command of Redis says about who somebody is. The password stays where it is: nobody here needs to know it. */
export type Login =
  /** `username` null: the old `AUTH password`, which means the user `default`. Else it is what came, as UTF-8. */
  | { readonly kind: 'login'; readonly username: string | null }
  | { readonly kind: 'other' }
  /** As Redis words it. */
  | { readonly kind: 'error'; readonly code: 'ERR' | 'NOPROTO'; readonly text: string };

/**
 * AUTH [username] password, or HELLO [version [AUTH username password] [SETNAME name]]. A HELLO without AUTH is no login. As authCommand in
 * src/acl.c and helloCommand in src/networking.c of Redis, but a second AUTH in one HELLO is refused: versions differ in which one counts.
 */
export function readLogin(args: readonly Buffer[]): Login {
  const [name = '', ...rest] = args.map((arg) => arg.toString('utf8'));
  switch (name.toLowerCase()) {
    case 'auth': return readAuth(rest);
    case 'hello': return readHello(rest);
    default: return { kind: 'other' };
  }
}

function readAuth(args: readonly string[]): Login {
  const [first = ''] = args;
  if (args.length === 1) return { kind: 'login', username: null };
  if (args.length === 2) return { kind: 'login', username: first };
  return error('ERR', args.length === 0 ? 'wrong number of arguments for \'auth\' command' : 'syntax error');
}

function readHello([version, ...options]: readonly string[]): Login {
  if (version === undefined) return { kind: 'other' };
  if (!/^(?:0|-?[1-9]\d{0,17})$/.test(version)) return error('ERR', 'Protocol version is not an integer or out of range');
  if (version !== '2' && version !== '3') return error('NOPROTO', 'unsupported protocol version');
  let username: string | null = null;
  for (let at = 0; at < options.length;) {
    const option = options[at]?.toLowerCase();
    if (option === 'auth' && at + 2 < options.length && username === null) {
      username = options[at + 1] ?? '';
      at += 3;
    } else if (option === 'setname' && at + 1 < options.length) {
      at += 2;
    } else {
      return error('ERR', `Syntax error in HELLO option '${options[at] ?? ''}'`);
    }
  }
  return username === null ? { kind: 'other' } : { kind: 'login', username };
}

const error = (code: 'ERR' | 'NOPROTO', text: string): Login => ({ kind: 'error', code, text });
