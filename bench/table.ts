/** Tables for people: aligned, with the goal and whether it is held. */

export type Verdict = 'held' | 'missed' | ''

export function printTitle(text: string): void {
  console.log(`\n${text}\n${'='.repeat(text.length)}`)
}

export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
  console.log(line(head))
  console.log(widths.map((width) => '-'.repeat(width)).join('  '))
  for (const row of rows) console.log(line(row))
}

const missed: string[] = []

/** Says whether a goal is held, and remembers the missed ones for the end. */
export function verdict(what: string, held: boolean): Verdict {
  if (!held) missed.push(what)
  return held ? 'held' : 'missed'
}

export function missedGoals(): readonly string[] {
  return missed
}

export const milliseconds = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} ms`
export const times = (value: number): string => `${value.toFixed(2)} x`
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
