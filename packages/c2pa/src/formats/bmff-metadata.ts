/** Where ISO base media files hold XMP. XMP Specification Part 3, 1.1.4 and 1.1.5; ISO/IEC 23008-12 A.3. */
import { decodeHex, equalBytes, latin1Text } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'
import type { ByteRange, Visit } from './asset-format.ts'
import {
  type BmffBox,
  type BoxBudget,
  boxAt,
  boxBudget,
  bytesAt,
  metaContent,
  rootBudget,
  uint16,
  uint32,
} from './bmff-box.ts'
import { itemPlaces } from './bmff-items.ts'

const XMP_UUID = decodeHex('be7acfcb97a942e89c71999491e3afac')
/** No file has as many pieces of XMP. */
const MOST_RANGES = 1000
/** Of the boxes that tell about items. */
const LONGEST_TABLE = 16 * 1024 * 1024

/** A `uuid` box of its own, `XMP_` in QuickTime's user data, and items of an image. What can't be read has none. */
export function* bmffMetadata(source: Source, visit: Visit): Walk<void> {
  const [level, budget] = [rootBudget(), boxBudget()]
  const ranges: ByteRange[] = []
  try {
    for (let position = 0; ranges.length < MOST_RANGES; ) {
      const box = yield* boxAt(source, position, source.length, level)
      if (!box) break
      if (box.type === 'uuid' && (yield* isXmp(source, box))) ranges.push(contentOf(box, XMP_UUID.length))
      if (box.type === 'moov') for (const inner of yield* inUserData(source, box, budget)) ranges.push(contentOf(inner))
      if (box.type === 'meta') for (const range of yield* xmpItems(source, box, budget)) ranges.push(range)
      position = box.end
    }
  } catch (error) {
    if (!(error instanceof C2paError)) throw error
  }
  for (const range of ranges.sort((a, b) => a.start - b.start)) if (!visit(range)) return
}

function contentOf({ content, end }: BmffBox, skipped = 0): ByteRange {
  return { start: content + skipped, length: end - content - skipped }
}

function* isXmp(source: Source, { content, end }: BmffBox): Walk<boolean> {
  const { length } = XMP_UUID
  return content + length <= end && equalBytes(yield* bytesAt(source, content, length), XMP_UUID)
}

function* inUserData(source: Source, moov: BmffBox, budget: BoxBudget): Walk<BmffBox[]> {
  const found: BmffBox[] = []
  for (const udta of yield* childrenOf(source, moov, moov.content, 'udta', budget))
    for (const inner of yield* childrenOf(source, udta, udta.content, 'XMP_', budget)) found.push(inner)
  return found
}

/** Items of the media type of XMP, as far as they lie in the file itself. */
function* xmpItems(source: Source, meta: BmffBox, budget: BoxBudget): Walk<ByteRange[]> {
  const start = yield* metaContent(source, meta)
  const [iinf] = yield* childrenOf(source, meta, start, 'iinf', budget)
  const [iloc] = yield* childrenOf(source, meta, start, 'iloc', budget)
  if (!iinf || !iloc || iloc.end - iloc.content > LONGEST_TABLE || iinf.content + 6 > iinf.end) return []
  const version = (yield* bytesAt(source, iinf.content, 1))[0]
  const ids = new Set<number>()
  for (const infe of yield* childrenOf(source, iinf, iinf.content + (version === 0 ? 6 : 8), 'infe', budget)) {
    const id = yield* xmpItem(source, infe)
    if (id !== undefined) ids.add(id)
  }
  if (ids.size === 0) return []
  const table = (yield* bytesAt(source, iloc.content, iloc.end - iloc.content)).slice()
  const ranges: ByteRange[] = []
  for (const { id, isInFile, reference, base, extents } of itemPlaces(table)) {
    if (!ids.has(id) || !isInFile || reference !== 0) continue
    for (const { offset, length } of extents) {
      const range = { start: base.value + offset.value, length }
      if (range.start + length <= source.length && ranges.length < MOST_RANGES) ranges.push(range)
    }
  }
  return ranges
}

const LONGEST_ENTRY = 512

/** The number of the item if it is XMP: version 2 or 3, number, protection, type, name, content type. ISO/IEC 14496-12 §8.11.6. */
function* xmpItem(source: Source, { content, end }: BmffBox): Walk<number | undefined> {
  const bytes = yield* bytesAt(source, content, Math.min(LONGEST_ENTRY, end - content))
  const version = bytes[0]
  const type = version === 3 ? 10 : 8
  if ((version !== 2 && version !== 3) || bytes.length < type + 5) return undefined
  const [, contentType] = latin1Text(bytes.subarray(type + 4)).split('\0')
  if (latin1Text(bytes.subarray(type, type + 4)) !== 'mime' || contentType !== 'application/rdf+xml') return undefined
  return version === 3 ? uint32(bytes, 4) : uint16(bytes, 4)
}

function* childrenOf(source: Source, parent: BmffBox, start: number, type: string, budget: BoxBudget): Walk<BmffBox[]> {
  const found: BmffBox[] = []
  for (let position = start; ; ) {
    const child = yield* boxAt(source, position, parent.end, budget)
    if (!child) return found
    if (child.type === type) found.push(child)
    position = child.end
  }
}
