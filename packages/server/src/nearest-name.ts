/** The known name that a misspelt one is nearest to; undefined when none is near enough to be what was meant. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const distances = known.map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
  const nearest = distances.sort((one, other) => one.distance - other.distance)[0]
  return nearest && nearest.distance <= MOST_EDITS ? nearest.candidate : undefined
}

const MOST_EDITS = 3
/** Longer than any name there is. */
const MOST_LENGTH = 64

/** How many letters have to be put in, left out or replaced (Levenshtein); two swapped ones count as two. */
function editDistance(one: string, other: string): number {
  if (one.length > MOST_LENGTH) return Number.POSITIVE_INFINITY
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1]
    for (let at = 0; at < other.length; at++) {
      const replaced = (row[at] as number) + (letter === other[at] ? 0 : 1)
      next.push(Math.min(replaced, (row[at + 1] as number) + 1, (next[at] as number) + 1))
    }
    row = next
  }
  return row[other.length] as number
}
