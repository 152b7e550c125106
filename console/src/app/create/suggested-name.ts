/** A name that nobody has to think of: that of the type, counted up where one has it already. */
export function suggestedName(type: string, taken: Iterable<string>): string {
  const names = new Set(taken);
  if (!names.has(type)) return type;
  let count = 2;
  while (names.has(`${type}-${count}`)) count += 1;
  return `${type}-${count}`;
}
