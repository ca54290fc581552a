/**
 * Offsets that no BMFF hash covers, before all those of `mfra`, must not lead to what it covers as little: whoever appends a box of C2PA's with
 * a film in it would have players go there. C2PA 2.2 §15.12.2, A.5.6.
 */
import { type Asset, walk } from '../formats/asset.ts'
import { boxBudget } from '../formats/bmff-box.ts'
import type { OffsetTable } from '../formats/bmff-move.ts'
import { offsetTables } from '../formats/bmff-offsets.ts'
import type { RootBox } from './bmff-map.ts'
import { mismatch, type Problem } from './bmff-problem.ts'

/** What is wrong with the offsets in boxes of which something is left out. Throws C2paError for tables that can't be read. */
export async function strayOffsetProblem(asset: Asset, boxes: readonly RootBox[]): Promise<Problem | undefined> {
  const unbound = boxes.filter(({ type, excluded }) => !excluded && type !== 'mdat')
  const isStray = (offset: number): boolean => offset !== 0 && holds(unbound, offset)
  const budget = boxBudget()
  for (const box of boxes) {
    if (box.excluded?.length === 0) continue
    for (const table of await walk(asset, (source) => offsetTables(source, box, budget)))
      if (isLeftOut(table, box) && leadsTo(table, isStray))
        return mismatch(`offsets of its ${box.type} box, which are not hashed, lead to what is not hashed`)
  }
  return undefined
}

/** Whether some of a table is not hashed. */
function isLeftOut(table: OffsetTable, { excluded }: RootBox): boolean {
  const end = table.start + table.length
  return !excluded || excluded.some(({ start, length }) => start < end && start + length > table.start)
}

function leadsTo({ moved }: OffsetTable, is: (offset: number) => boolean): boolean {
  let found = false
  moved((offset) => {
    found ||= is(offset)
    return offset
  })
  return found
}

/** Whether the offset is in one of the boxes, which are in order. */
function holds(boxes: readonly RootBox[], offset: number): boolean {
  let [from, to] = [0, boxes.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((boxes[middle] as RootBox).end > offset) to = middle
    else from = middle + 1
  }
  return (boxes[from]?.start ?? Number.POSITIVE_INFINITY) <= offset
}
