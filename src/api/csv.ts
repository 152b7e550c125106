/** What a spreadsheet takes for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r\n]/;
/** Says that it is UTF-8 to spreadsheets, which take it for something else otherwise. */
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * One line of CSV (RFC 4180) with its end. A cell that a spreadsheet would calculate has an apostrophe before it: it may have been written by somebody whom
 * nobody trusts.
 */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map((cell) => `"${(FORMULA.test(cell) ? `'${cell}` : cell).replaceAll('"', '""')}"`).join(',')}\r\n`;
}

/** The line that names the columns, which begins a file. */
export function csvHead(names: readonly string[]): string {
  return BYTE_ORDER_MARK + csvLine(names);
}
