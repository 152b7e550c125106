const LOOPBACK = ['localhost', '127.0.0.1'];

/** The public origin, and where that is this machine, the other names by which a browser here may reach it. */
export function originsOf(publicUrl: string): readonly string[] {
  const url = new URL(publicUrl);
  if (!LOOPBACK.includes(url.hostname)) return [url.origin];
  return [url.origin, ...LOOPBACK.filter((name) => name !== url.hostname).map((name) => `${url.protocol}//${name}${url.port === '' ? '' : `:${url.port}`}`)];
}
