/** Ranges that a hash leaves out. C2PA 2.2 §15.12.1. */
import type { CborValue } from '../cbor.ts'
import type { ByteRange } from '../formats/asset-format.ts'

/** Whether this can be an offset or a length. */
export function isNatural(value: CborValue): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** Whether each begins where the one before ends, or behind. */
export function areOrdered(ranges: readonly ByteRange[]): boolean {
  return ranges.every(({ start }, index) => {
    const before = ranges[index - 1]
    return before === undefined || before.start + before.length <= start
  })
}

/** All between two offsets that lies in none of the ranges, which are in order and between them. */
export function rangesOutside(ranges: readonly ByteRange[], from: number, to: number): ByteRange[] {
  const outside: ByteRange[] = []
  let position = from
  for (const { start, length } of [...ranges, { start: to, length: 0 }]) {
    if (start > position) outside.push({ start: position, length: start - position })
    position = start + length
  }
  return outside
}
