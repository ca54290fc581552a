/** Where a data hash may have exclusions beside the manifest store: in metadata. C2PA 2.2 §9.2.5 and §18.5.1. */
import type { Source, Walk } from '../formats/asset.ts'
import type { AssetFormat, ByteRange } from '../formats/asset-format.ts'

/** Whether each of these ranges, which are in order, lies inside one of metadata. */
export function* areMetadata(format: AssetFormat, source: Source, ranges: readonly ByteRange[]): Walk<boolean> {
  if (ranges.length === 0) return true
  if (!format.metadata) return false
  let next = 0
  yield* format.metadata(source, ({ start, length }) => {
    for (let range = ranges[next]; range && range.start >= start; range = ranges[++next])
      if (range.start + range.length > start + length) break
    // Behind where a range begins, it lies in nothing any more.
    return (ranges[next]?.start ?? 0) > start
  })
  return next === ranges.length
}

/** Whether there is metadata in each of these ranges, which are in order: boxes that a box hash may leave out. C2PA 2.2 §9.2.5. */
export function* holdMetadata(format: AssetFormat, source: Source, ranges: readonly ByteRange[]): Walk<boolean> {
  let next = 0
  yield* format.metadata?.(source, ({ start, length }) => {
    const range = ranges[next]
    if (range && range.start <= start && start + length <= range.start + range.length) next++
    return next < ranges.length
  }) ?? []
  return next === ranges.length
}
