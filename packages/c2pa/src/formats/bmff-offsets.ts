/** The boxes of an ISO base media file that say where in the file something is, so that it can be moved. ISO/IEC 14496-12 §8. */
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'
import type { ByteRange } from './asset-format.ts'
import { type BmffBox, type BoxBudget, boxAt, bytesAt, malformedBmff, metaContent, uint16, uint32 } from './bmff-box.ts'
import { movedItems } from './bmff-items.ts'
import { type Move, moveOffset, type OffsetTable } from './bmff-move.ts'

/** No file needs as many: each chunk of a track takes four or eight bytes. */
const MOST_TABLE_BYTES = 128 * 1024 * 1024
/** A million items. */
const MOST_ITEM_BYTES = 16 * 1024 * 1024

/** Every offset table of a box of the file's first level and the boxes in it. */
export function* offsetTables(source: Source, root: BmffBox, budget: BoxBudget): Walk<OffsetTable[]> {
  const search = new Search(source, budget)
  yield* search.visit(root)
  return search.tables
}

/** What is looked for inside of what; everything else is passed over. */
const INSIDE: { readonly [type: string]: readonly string[] } = {
  moov: ['trak', 'meta', 'udta', 'meco', 'cmov'],
  trak: ['mdia', 'meta', 'udta', 'meco'],
  mdia: ['minf'],
  minf: ['dinf', 'stbl'],
  dinf: ['dref'],
  stbl: ['stsd', 'stco', 'co64', 'saio'],
  udta: ['meta'],
  meco: ['meta'],
  moof: ['traf', 'meta', 'meco'],
  traf: ['tfhd', 'meta', 'meco'],
  mfra: ['tfra'],
  meta: ['dinf', 'iloc'],
}

/** These have their place: files in which they stand elsewhere are read by one program so and by another so. */
const PLACED = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'moof', 'traf', 'mfra']

class Search {
  readonly tables: OffsetTable[] = []
  readonly #source: Source
  readonly #budget: BoxBudget
  #left = MOST_TABLE_BYTES

  constructor(source: Source, budget: BoxBudget) {
    this.#source = source
    this.#budget = budget
  }

  *visit(box: BmffBox): Walk<void> {
    if (box.isOpen) this.tables.push(sizeOf(box))
    if (box.type === 'minf' || box.type === 'meta') yield* this.#visitReferring(box)
    else if (INSIDE[box.type]) for (const child of yield* this.#children(box)) yield* this.visit(child)
    else if (box.type === 'tfhd') yield* this.#fragmentHeader(box)
    else if (box.type === 'tfra') yield* this.#randomAccess(box)
    else if (box.type === 'cmov') throw malformedBmff('its movie header is compressed, which is not read here')
  }

  /** Media and items may lie in other files, whose offsets are none of ours. §8.7.1, §8.11.3. */
  *#visitReferring(box: BmffBox): Walk<void> {
    const children = yield* this.#children(box)
    const information = children.find(({ type }) => type === 'dinf')
    const isOwn = information ? yield* this.#dataReferences(information) : []
    for (const child of children) {
      if (child.type === 'iloc') yield* this.#items(child, isOwn)
      if (child.type === 'stbl') yield* this.#sampleTable(child, isOwn)
    }
  }

  *#sampleTable(box: BmffBox, isOwn: readonly boolean[]): Walk<void> {
    const children = yield* this.#children(box)
    if (isOwn.includes(false)) {
      const description = children.find(({ type }) => type === 'stsd')
      const used = description ? yield* this.#usedReferences(description) : []
      const own = used.filter((index) => isOwn[index - 1] ?? true)
      if (own.length === 0) return
      if (own.length < used.length) throw malformedBmff('a track of it is partly in other files')
    }
    for (const child of children) {
      if (child.type === 'stco') yield* this.#list(child, 4, 8, 4)
      if (child.type === 'co64') yield* this.#list(child, 4, 8, 8)
      if (child.type === 'saio') yield* this.#auxiliaryInformation(child)
    }
  }

  /** Version and flags, an entry count at `count`, then offsets of that size from `first` on. §8.7.5. */
  *#list(box: BmffBox, count: number, first: number, size: 4 | 8): Walk<void> {
    const bytes = yield* this.#read(box, first)
    const entries = uint32(bytes, count)
    if (box.content + first + entries * size > box.end)
      throw malformedBmff(`${entries} entries don't fit into its ${box.type} box`)
    yield* this.#add({ start: box.content + first, length: entries * size }, (table, move) => {
      for (let at = 0; at < table.length; at += size) moveOffset(table, at, size, move)
    })
  }

  /** Version and flags, a type if the first flag is set, then as a chunk list. §8.7.9. */
  *#auxiliaryInformation(box: BmffBox): Walk<void> {
    const header = yield* this.#read(box, 4)
    const count = ((header[3] as number) & 1) === 1 ? 12 : 4
    yield* this.#list(box, count, count + 4, header[0] === 0 ? 4 : 8)
  }

  /** Version and flags, track, and the base of its data offsets if the first flag is set. §8.8.7. */
  *#fragmentHeader(box: BmffBox): Walk<void> {
    const header = yield* this.#read(box, 8)
    if (((header[3] as number) & 1) === 0) return
    if (box.content + 16 > box.end) throw malformedBmff('a tfhd box is too short')
    yield* this.#add({ start: box.content + 8, length: 8 }, (table, move) => moveOffset(table, 0, 8, move))
  }

  /** Version and flags, track, sizes of numbers, entry count; then time and offset of a `moof`, and three numbers. §8.8.10. */
  *#randomAccess(box: BmffBox): Walk<void> {
    const header = yield* this.#read(box, 16)
    const size = header[0] === 1 ? 8 : 4
    const sizes = header[11] as number
    const entry = 2 * size + ((sizes >> 4) & 3) + ((sizes >> 2) & 3) + (sizes & 3) + 3
    const entries = uint32(header, 12)
    if (box.content + 16 + entries * entry > box.end)
      throw malformedBmff(`${entries} entries don't fit into its tfra box`)
    yield* this.#add({ start: box.content + 16, length: entries * entry }, (table, move) => {
      for (let at = size; at < table.length; at += entry) moveOffset(table, at, size, move)
    })
  }

  *#items(box: BmffBox, isOwn: readonly boolean[]): Walk<void> {
    if (box.end - box.content > MOST_ITEM_BYTES)
      throw new C2paError('too_large', `An iloc box may have ${MOST_ITEM_BYTES} bytes here.`)
    yield* this.#add({ start: box.content, length: box.end - box.content }, (table, move) =>
      movedItems(table, (index) => isOwn[index - 1] ?? true, move),
    )
    // Whether it can be read is known now, and not only when the signature is made.
    this.tables.at(-1)?.moved((offset) => offset)
  }

  /** Version and flags, entry count, then boxes whose first flag says that the media are in this file. §8.7.2. */
  *#dataReferences(information: BmffBox): Walk<boolean[]> {
    const isOwn: boolean[] = []
    for (const dref of yield* this.#children(information)) {
      for (let position = dref.content + 8; ; ) {
        const entry = yield* boxAt(this.#source, position, dref.end, this.#budget)
        if (!entry) break
        const flags = entry.content + 4 <= entry.end ? yield* bytesAt(this.#source, entry.content, 4) : undefined
        isOwn.push(flags === undefined || ((flags[3] as number) & 1) === 1)
        position = entry.end
      }
    }
    return isOwn
  }

  /** Version and flags, entry count, then boxes that have the number of a data reference after six bytes. §8.5.2. */
  *#usedReferences(description: BmffBox): Walk<number[]> {
    const used = new Set<number>()
    for (let position = description.content + 8; ; ) {
      const entry = yield* boxAt(this.#source, position, description.end, this.#budget)
      if (!entry) return [...used]
      if (entry.content + 8 <= entry.end) used.add(uint16(yield* bytesAt(this.#source, entry.content + 6, 2), 0))
      position = entry.end
    }
  }

  *#children(box: BmffBox): Walk<BmffBox[]> {
    const wanted = INSIDE[box.type] ?? []
    const found: BmffBox[] = []
    let position = box.type === 'meta' ? yield* metaContent(this.#source, box) : box.content
    for (;;) {
      const child = yield* boxAt(this.#source, position, box.end, this.#budget)
      if (!child) return found
      if (wanted.includes(child.type)) found.push(child)
      else if (PLACED.includes(child.type)) throw malformedBmff(`a ${child.type} box stands in a ${box.type} box`)
      position = child.end
    }
  }

  *#read(box: BmffBox, length: number): Walk<Uint8Array> {
    if (box.content + length > box.end) throw malformedBmff(`a ${box.type} box is too short`)
    return yield* bytesAt(this.#source, box.content, length)
  }

  *#add(range: ByteRange, rewrite: (table: Uint8Array, move: Move) => void): Walk<void> {
    if (range.length === 0) return
    this.#left -= range.length
    if (this.#left < 0) throw new C2paError('too_large', `Offset tables may have ${MOST_TABLE_BYTES} bytes here.`)
    // A copy: what was peeked at may be part of a much longer piece, which would stay in memory with it.
    const bytes = (yield* bytesAt(this.#source, range.start, range.length)).slice()
    this.tables.push({
      ...range,
      moved(move) {
        const table = bytes.slice()
        rewrite(table, move)
        return table
      },
    })
  }
}

/** The size of a box that ends with the file, written out where it can be: not every reader hashes what is open. */
function sizeOf({ start, end }: BmffBox): OffsetTable {
  const size = end - start
  const bytes = new Uint8Array(4)
  if (size <= 0xffffffff) new DataView(bytes.buffer).setUint32(0, size)
  return { start, length: 4, moved: () => bytes }
}
