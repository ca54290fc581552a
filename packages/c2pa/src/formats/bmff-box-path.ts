/** Boxes of ISO base media files by their paths. C2PA 2.2 §18.6.2, `xpath`. */
import type { Source, Walk } from './asset.ts'
import type { ByteRange } from './asset-format.ts'
import { type BoxBudget, boxAt } from './bmff-box.ts'

const PATH = /^(?:\/[^/[\]]{4}(?:\[[1-9][0-9]{0,8}\])?){1,16}$/

/**
 * What a box has behind its header; undefined where there is none of that path, or it is no path. Without a number the first one counts. Throws
 * C2paError `too_large` when the budget is used up.
 */
export function* boxAtPath(source: Source, path: string, budget: BoxBudget): Walk<ByteRange | undefined> {
  if (!PATH.test(path)) return undefined
  let within: ByteRange = { start: 0, length: source.length }
  for (const step of path.slice(1).split('/')) {
    const type = step.slice(0, 4)
    let left = step.length > 4 ? Number(step.slice(5, -1)) : 1
    const end = within.start + within.length
    let found: ByteRange | undefined
    for (let position = within.start; position < end && !found; ) {
      const box = yield* boxAt(source, position, end, budget)
      if (!box) return undefined
      if (box.type === type && --left === 0) found = { start: box.content, length: box.end - box.content }
      position = box.end
    }
    if (!found) return undefined
    within = found
  }
  return within
}
