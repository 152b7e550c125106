/** `ann-redis-k3x9.db.example.com` under `db.example.com` -> `ann-redis-k3x9`; null for any other name. Case does not matter, a final dot neither. */
export function instanceLabel(hostname: string, domain: string): string | null {
  const name = hostname.toLowerCase().replace(/\.$/, '');
  const suffix = `.${domain.toLowerCase()}`;
  if (!name.endsWith(suffix)) return null;
  const label = name.slice(0, -suffix.length);
  return label === '' || label.includes('.') ? null : label;
}
