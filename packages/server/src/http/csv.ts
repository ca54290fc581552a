/** The media type of a table. RFC 7111 §5. */
export const CSV_TYPE = 'text/csv; charset=utf-8; header=present'

/** What spreadsheets would take for a formula, and run. */
const FORMULA = /^[=+\-@\t\r]/

/** A record of a table, with its line break. RFC 4180 §2; what begins as a formula does is text by an apostrophe before it. */
export function csvRecord(cells: readonly (string | undefined)[]): string {
  return `${cells.map((cell) => csvCell(cell ?? '')).join(',')}\r\n`
}

function csvCell(text: string): string {
  const harmless = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
