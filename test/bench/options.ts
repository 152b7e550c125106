/** `--name=number` of the command line, e.g. `--rounds=1` for a first impression. @throws Error when it is no number above 0 */
export function option(name: 'rounds' | 'seconds' | 'connections' | 'megabytes' | 'instances' | 'minutes', fallback: number): number {
  const given = process.argv.find((word) => word.startsWith(`--${name}=`));
  if (given === undefined) return fallback;
  const value = Number(given.slice(name.length + 3));
  if (!(value > 0)) throw new Error(`${given}: this has to be a number above 0`);
  return value;
}
