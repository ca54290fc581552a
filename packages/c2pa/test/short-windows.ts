/** Walking an asset of which never more is at hand than was asked for. */
import type { Source, Walk } from '../src/formats/asset.ts'

/** What a walk gives when each range comes as it was asked for, to the byte; throws where one is not in the asset. */
export function walkByBytes<T>(bytes: Uint8Array, way: (source: Source) => Walk<T>): T {
  const steps = way({ length: bytes.length, peek: () => undefined })
  let step = steps.next()
  while (!step.done) {
    const { start, length } = step.value
    if (start < 0 || start + length > bytes.length)
      throw new Error(`a walk asked for ${start}+${length} of ${bytes.length} bytes`)
    step = steps.next(bytes.slice(start, start + length))
  }
  return step.value
}

/** What came of it, as text: an error is its code and message. */
export function outcomeOf(walked: () => unknown): string {
  try {
    return JSON.stringify(walked(), (_, value) => (value instanceof Uint8Array ? [...value].join() : value))
  } catch (error) {
    return String(error)
  }
}
