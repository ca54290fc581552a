/** Boxes of the ISO base media file format. ISO/IEC 14496-12 §4.2. */
import { latin1Text } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'

/** One box: `start` is where its size stands. */
export type BmffBox = {
  readonly type: string
  readonly start: number
  readonly end: number
  /** What follows size and type; the extended type of a `uuid` box is part of it. */
  readonly content: number
  /** Its size is written as zero: up to the end of the file. */
  readonly isOpen: boolean
}

/** How many boxes are still looked at. */
export type BoxBudget = { left: number }

/** Of those in the file's first level, which are kept: nine hours of video in fragments of a second have as many. */
export function rootBudget(): BoxBudget {
  return { left: 65_536 }
}

/** Of those inside of others. */
export function boxBudget(): BoxBudget {
  return { left: 500_000 }
}

const HEADER = 8
const LARGE_HEADER = 16

/** The box at that place; undefined where what stands there, up to `end`, is no box. Throws C2paError `too_large` when the budget is used up. */
export function* boxAt(source: Source, position: number, end: number, budget: BoxBudget): Walk<BmffBox | undefined> {
  if (position + HEADER > end) return undefined
  if (--budget.left < 0) throw new C2paError('too_large', 'The file has more boxes than are looked at.')
  const header = source.peek(position, HEADER) ?? (yield { start: position, length: HEADER })
  const type = latin1Text(header.subarray(4, HEADER))
  let size = uint32(header, 0)
  let content = position + HEADER
  // Only the last box of the file may be open.
  const isOpen = size === 0 && end === source.length
  if (isOpen) size = end - position
  else if (size === 1) {
    if (position + LARGE_HEADER > end) return undefined
    const large = source.peek(position, LARGE_HEADER) ?? (yield { start: position, length: LARGE_HEADER })
    size = uint64(large, HEADER)
    content = position + LARGE_HEADER
  }
  if (position + size < content || position + size > end) return undefined
  return { type, start: position, end: position + size, content, isOpen }
}

/** A part of a box, or of what is left of it. */
export function* bytesAt(source: Source, start: number, length: number): Walk<Uint8Array> {
  return (source.peek(start, length) ?? (yield { start, length })).subarray(0, length)
}

/** The extended type, version and flags, and purpose of C2PA's `uuid` box. C2PA 2.2 A.5.1. */
const C2PA_UUID = Uint8Array.of(
  ...[0xd8, 0xfe, 0xc3, 0xd6, 0x1b, 0x0e, 0x48, 0x3c, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7e, 0xc4, 0x81],
)

/** That `uuid` box's type. */
export function c2paUuid(): Uint8Array {
  return C2PA_UUID.slice()
}

/** A `uuid` box of C2PA's. */
export type ProvenanceBox = {
  readonly box: BmffBox
  /** `manifest`, `original`, `update` or `merkle`. */
  readonly purpose: string
  /** Where its data begin: they end with the box. */
  readonly data: number
}

const LONGEST_PURPOSE = 16

/** What C2PA put into a box; undefined for any other box. */
export function* provenanceBox(source: Source, box: BmffBox): Walk<ProvenanceBox | undefined> {
  const prefix = C2PA_UUID.length + 4
  const length = Math.min(prefix + LONGEST_PURPOSE, box.end - box.content)
  if (box.type !== 'uuid' || length < prefix) return undefined
  const bytes = yield* bytesAt(source, box.content, length)
  if (C2PA_UUID.some((byte, index) => bytes[index] !== byte)) return undefined
  const end = bytes.indexOf(0, prefix)
  if (end < 0) return { box, purpose: '', data: box.content + length }
  return { box, purpose: latin1Text(bytes.subarray(prefix, end)), data: box.content + end + 1 }
}

/** Where the boxes inside a `meta` begin: QuickTime's has no version and flags before them. ISO/IEC 14496-12 §8.11.1. */
export function* metaContent(source: Source, { content, end }: BmffBox): Walk<number> {
  if (content + HEADER > end) return end
  const bytes = yield* bytesAt(source, content, HEADER)
  return latin1Text(bytes.subarray(4)) === 'hdlr' ? content : content + 4
}

export function uint32(bytes: Uint8Array, at: number): number {
  return uint16(bytes, at) * 0x10000 + uint16(bytes, at + 2)
}

export function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
}

/** Not exact above 2^53, which no file is long. */
export function uint64(bytes: Uint8Array, at: number): number {
  return uint32(bytes, at) * 0x100000000 + uint32(bytes, at + 4)
}

export function malformedBmff(what: string): C2paError {
  return new C2paError('malformed_asset', `The file is damaged: ${what}.`)
}
