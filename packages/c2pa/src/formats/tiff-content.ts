/** What the directories of a TIFF lead to: further directories, strips and tiles of pictures, values. TIFF 6.0 §3, §15. */
import type { Source, Walk } from './asset.ts'
import type { ByteRange } from './asset-format.ts'
import {
  directoryAt,
  malformedTiff,
  numbersOf,
  offsetAt,
  type TiffDirectory,
  type TiffEntry,
  type TiffHeader,
} from './tiff-directory.ts'

/** The field that a manifest store is the value of. C2PA 2.2 A.3.5. */
export const MANIFEST_FIELD = 52545

/** Fields whose values are offsets of directories: SubIFDs, Exif, GPS, Interoperability. */
const SUB_DIRECTORIES = 330
const DIRECTORIES = [SUB_DIRECTORIES, 34665, 34853, 40965]

/** Fields whose values are offsets of content, and those that say how long each piece is: strips, tiles, JPEG, free bytes. */
const CONTENTS = [
  [273, 279],
  [324, 325],
  [513, 514],
  [288, 289],
] as const

const MOST_DIRECTORIES = 65_536

/** `isExif`: one of Exif, of GPS, or below them. */
export type DirectoryVisit = (directory: TiffDirectory, isExif: boolean) => Walk<void>

/** The directories of one TIFF, each read once. What does not end, or leads back in the main chain, is an error. */
export class TiffTree {
  readonly #source: Source
  readonly #header: TiffHeader
  readonly #visited = new Set<number>()
  /** No byte need be read more than twice. */
  #left: number

  constructor(source: Source, header: TiffHeader) {
    this.#source = source
    this.#header = header
    this.#left = 2 * source.length + 65_536
  }

  /** Those of the main chain, one page after the other. */
  *pages(visit: (directory: TiffDirectory) => void): Walk<void> {
    let { pointerAt } = this.#header
    let next = yield* offsetAt(this.#source, this.#header, pointerAt)
    if (next === 0) throw malformedTiff('it has no directory')
    while (next !== 0) {
      if (this.#visited.has(next)) throw malformedTiff('its directories lead back to themselves')
      this.#mark(next)
      const directory: TiffDirectory = yield* this.#read(next, pointerAt)
      visit(directory)
      next = directory.next
      pointerAt = directory.nextAt
    }
  }

  /** All of them, and each that they lead to. */
  *all(visit: DirectoryVisit): Walk<void> {
    const pending: { readonly start: number; readonly isExif: boolean }[] = []
    const add = (start: number, isExif: boolean): void => {
      if (this.#visited.has(start)) return
      this.#mark(start)
      pending.push({ start, isExif })
    }
    add(yield* offsetAt(this.#source, this.#header, this.#header.pointerAt), false)
    for (let at = pending.pop(); at; at = pending.pop()) {
      const { start, isExif } = at
      const directory = yield* this.#read(start, 0)
      yield* visit(directory, isExif)
      if (directory.next !== 0) add(directory.next, isExif)
      for (const entry of directory.entries) {
        if (!DIRECTORIES.includes(entry.tag) || entry.count === 0) continue
        const starts = yield* this.numbers(entry)
        if (starts.length < entry.count) throw malformedTiff(`field ${entry.tag} leads to ${entry.count} directories`)
        for (const below of starts) add(below, isExif || entry.tag !== SUB_DIRECTORIES)
      }
    }
  }

  #mark(start: number): void {
    this.#visited.add(start)
    if (this.#visited.size > MOST_DIRECTORIES) throw malformedTiff('it has too many directories')
  }

  *#read(start: number, pointerAt: number): Walk<TiffDirectory> {
    const directory = yield* directoryAt(this.#source, this.#header, start, pointerAt)
    this.#spend(directory.length)
    return directory
  }

  /** Values of a field, 4096 at most. */
  *numbers(entry: TiffEntry, from = 0): Walk<number[]> {
    const numbers = yield* numbersOf(this.#source, this.#header, entry, from, entry.count - from)
    this.#spend(8 * numbers.length)
    return numbers
  }

  #spend(bytes: number): void {
    this.#left -= bytes
    if (this.#left < 0) throw malformedTiff('its directories share what they lead to')
  }
}

/** Told of a range of the file, and what it is. */
export type RangeVisit = (range: ByteRange, what: string) => void

/**
 * Tells of all that a directory leads to but other directories and manifest stores. Strips without lengths are an error: readers would guess
 * the lengths, and go on in whatever comes behind.
 */
export function* contentOf(tree: TiffTree, directory: TiffDirectory, visit: RangeVisit): Walk<void> {
  visit(directory, 'a directory')
  for (const { tag, value } of directory.entries)
    if (value && tag !== MANIFEST_FIELD) visit(value, `the value of field ${tag}`)
  for (const [offsetsTag, lengthsTag] of CONTENTS) {
    const offsets = fieldOf(directory, offsetsTag)
    if (!offsets) continue
    const lengths = fieldOf(directory, lengthsTag)
    if (lengths?.count !== offsets.count)
      throw malformedTiff(`field ${offsetsTag} has ${offsets.count} values, field ${lengthsTag} ${lengths?.count ?? 0}`)
    const needed = offsetsTag === 273 ? yield* uncompressedLengths(tree, directory) : undefined
    for (let from = 0; from < offsets.count; ) {
      const starts = yield* tree.numbers(offsets, from)
      const sizes = yield* tree.numbers(lengths, from)
      for (let index = 0; index < starts.length; index++) {
        const length = Math.max(sizes[index] as number, needed?.(from + index) ?? 0)
        visit({ start: starts[index] as number, length }, `what field ${offsetsTag} leads to`)
      }
      from += starts.length
    }
  }
}

/**
 * How long each strip of an uncompressed picture is by its dimensions: where its stated length is less, readers take
 * these bytes all the same. Undefined for pictures that are compressed or subsampled.
 */
function* uncompressedLengths(tree: TiffTree, directory: TiffDirectory): Walk<((strip: number) => number) | undefined> {
  const all = function* (tag: number, fallback: number): Walk<readonly number[]> {
    const entry = fieldOf(directory, tag)
    return entry && entry.count > 0 ? yield* tree.numbers(entry) : [fallback]
  }
  const one = function* (tag: number, fallback: number): Walk<number> {
    return (yield* all(tag, fallback))[0] as number
  }
  if ((yield* one(259, 1)) !== 1 || (yield* one(262, 0)) === 6) return undefined
  const rows = yield* one(257, 0)
  const rowsPerStrip = Math.max(1, Math.min(yield* one(278, rows), rows))
  const samples = (yield* one(284, 1)) === 2 ? 1 : yield* one(277, 1)
  const bits = Math.max(...(yield* all(258, 1)))
  const rowLength = Math.ceil(((yield* one(256, 0)) * samples * bits) / 8)
  const strips = Math.max(1, Math.ceil(rows / rowsPerStrip))
  return (strip) => rowLength * Math.min(rowsPerStrip, rows - (strip % strips) * rowsPerStrip)
}

export function fieldOf({ entries }: TiffDirectory, tag: number): TiffEntry | undefined {
  return entries.find((entry) => entry.tag === tag)
}
