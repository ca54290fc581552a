/** The media type of a table. RFC 7111 §5. */
export const CSV_TYPE = 'text/csv; charset=utf-8; header=present'

/** Where a cell would be a formula to spreadsheets, which run it: also past a semicolon, where theirs separates cells. */
const FORMULA = /^(?=[\t\r])|(^|[;\t\r\n])(?=[=+\-@＝＋－＠])/g

/** A record of a table, with its line break. RFC 4180 §2; what a spreadsheet would take for a formula is text by an apostrophe before it. */
export function csvRecord(cells: readonly (string | undefined)[]): string {
  return `${cells.map((cell) => csvCell(cell ?? '')).join(',')}\r\n`
}

function csvCell(text: string): string {
  const harmless = text.replaceAll(FORMULA, "$1'")
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
