/** Putting a manifest store into an ISO base media file, and making every offset in it right again. C2PA 2.2 A.5.3, §18.6.2. */
import { concatBytes, utf8Bytes } from '@countersign/codec'
import { type ByteRange, type Embedding, lengthOfParts, type Part } from './asset-format.ts'
import type { BmffBox, ProvenanceBox } from './bmff-box.ts'
import type { Move, OffsetTable } from './bmff-move.ts'
import { storeBoxLength, writeStoreBox } from './bmff-store.ts'

/** What was found in a file from its first box on. */
export type BmffStructure = {
  /** How long its `ftyp` is: it stands first, or not at all. */
  brandLength: number
  /** The other boxes of the first level but those of C2PA, in order. */
  readonly boxes: BmffBox[]
  /** In order. */
  readonly tables: OffsetTable[]
  store?: ProvenanceBox
  /** What update manifests were added to it. */
  updates?: ProvenanceBox
  firstMerkle?: ProvenanceBox
}

/** What QuickTime files get that are older than it: readers look for the store behind a `ftyp`. */
const QUICKTIME = concatBytes([Uint8Array.of(0, 0, 0, 20), utf8Bytes('ftypqt  '), new Uint8Array(4), utf8Bytes('qt  ')])

/** After `ftyp`, in place of the store that the file has and of the updates to it. */
export function bmffEmbedding(length: number, structure: BmffStructure): Embedding {
  const { brandLength, boxes, tables, store, updates, firstMerkle } = structure
  const prefix = brandLength === 0 ? [QUICKTIME] : []
  const removed = rangesOf(store, updates)
  const moveFor = (container: number): Move => {
    const added = lengthOfParts(prefix) + container
    return (offset) => offset - lengthBefore(removed, offset) + (offset < brandLength ? 0 : added)
  }
  return {
    position: brandLength + lengthOfParts(prefix),
    containerLength: storeBoxLength,
    surroundings(container) {
      const between = runs(removed, tables, moveFor(container))
      return { before: [...prefix, ...between(0, brandLength)], after: [...between(brandLength, length)] }
    },
    *bmffHashed(container) {
      const move = moveFor(container)
      const between = runs(removed, tables, move)
      const marker = offsetMarker()
      for (const { type, start, end } of boxes) {
        if (type === 'mfra') continue
        yield marker(move(start))
        yield* between(start, end)
      }
    },
    writeContainer(target, position, bytes) {
      const merkle = firstMerkle ? moveFor(storeBoxLength(bytes.length))(firstMerkle.box.start) : 0
      writeStoreBox(target, position, bytes, merkle)
    },
  }
}

/** Writes what goes before each box of the first level into a hash, always into the same bytes: files have very many boxes. C2PA 2.2 §18.6.2. */
export function offsetMarker(): (offset: number) => Uint8Array {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  return (offset) => {
    view.setUint32(0, Math.floor(offset / 0x100000000))
    view.setUint32(4, offset % 0x100000000)
    return bytes
  }
}

function rangesOf(...boxes: readonly (ProvenanceBox | undefined)[]): ByteRange[] {
  return boxes
    .flatMap((provenance) => (provenance ? [provenance.box] : []))
    .map(({ start, end }) => ({ start, length: end - start }))
    .sort((a, b) => a.start - b.start)
}

function lengthBefore(ranges: readonly ByteRange[], offset: number): number {
  return ranges.reduce((total, { start, length }) => total + Math.max(0, Math.min(length, offset - start)), 0)
}

/** Gives what stands between two offsets of the file, the second never before the first of the time before: without what is removed, and with other tables. */
function runs(
  removed: readonly ByteRange[],
  tables: readonly OffsetTable[],
  move: Move,
): (start: number, end: number) => Generator<Part> {
  const changes = [
    ...tables.map((table) => ({ ...table, part: () => [table.moved(move)] })),
    ...removed.map((range) => ({ ...range, part: () => [] })),
  ].sort((a, b) => a.start - b.start)
  let next = 0
  return function* (start, end) {
    let position = start
    for (let change = changes[next]; change && change.start < end; change = changes[++next]) {
      if (change.start < position) continue
      if (change.start > position) yield { start: position, length: change.start - position }
      yield* change.part()
      position = change.start + change.length
    }
    if (position < end) yield { start: position, length: end - position }
  }
}
