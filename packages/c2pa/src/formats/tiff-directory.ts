/** The header and the image file directories (IFDs) of a TIFF, classic or BigTIFF. TIFF 6.0 §2. */
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'
import type { ByteRange } from './asset-format.ts'

/** The order of bytes, and how wide an offset is: 4 bytes, or 8 in a BigTIFF. */
export type TiffHeader = {
  readonly littleEndian: boolean
  readonly isBig: boolean
  /** Where the pointer to the first directory stands. */
  readonly pointerAt: number
}

/** A field of a directory. `value` is where its values stand: in the entry where they fit, else elsewhere. */
export type TiffEntry = {
  readonly tag: number
  readonly type: number
  readonly count: number
  /** Where its 12 or 20 bytes stand. */
  readonly start: number
  /** Undefined for a type that no specification has. */
  readonly value: ByteRange | undefined
}

export type TiffDirectory = ByteRange & {
  /** Where the pointer that leads here stands. */
  readonly pointerAt: number
  readonly entries: readonly TiffEntry[]
  /** Its bytes as they stand. */
  readonly bytes: Uint8Array
  /** The next directory of the chain; 0 after the last. */
  readonly next: number
  /** Where that is said. */
  readonly nextAt: number
}

/** The header that these first bytes, sixteen or all there are, begin with. */
export function tiffHeader(head: Uint8Array): TiffHeader | undefined {
  const littleEndian = head[0] === 0x49 && head[1] === 0x49
  if (head.length < 8 || (!littleEndian && (head[0] !== 0x4d || head[1] !== 0x4d))) return undefined
  const view = viewOf(head)
  const version = view.getUint16(2, littleEndian)
  if (version === 42) return { littleEndian, isBig: false, pointerAt: 4 }
  const isBig = version === 43 && head.length >= 16 && view.getUint16(4, littleEndian) === 8
  return isBig && view.getUint16(6, littleEndian) === 0 ? { littleEndian, isBig, pointerAt: 8 } : undefined
}

export function offsetWidth({ isBig }: TiffHeader): 4 | 8 {
  return isBig ? 8 : 4
}

export function entryLength({ isBig }: TiffHeader): 12 | 20 {
  return isBig ? 20 : 12
}

/** Real ones have a hundred or two. */
const MOST_ENTRIES = 4096

/** Reads the directory at `start`; throws C2paError where it is not in the file. */
export function* directoryAt(
  source: Source,
  header: TiffHeader,
  start: number,
  pointerAt: number,
): Walk<TiffDirectory> {
  const { littleEndian, isBig } = header
  const countWidth = isBig ? 8 : 2
  const width = offsetWidth(header)
  if (start < header.pointerAt + width) throw malformedTiff('a directory is in its header')
  const head = viewOf(yield* bytesAt(source, { start, length: countWidth }, 'a directory'))
  const count = isBig ? uint64(head, 0, littleEndian) : head.getUint16(0, littleEndian)
  if (count > MOST_ENTRIES) throw malformedTiff(`the directory at offset ${start} has ${count} entries`)
  const length = countWidth + count * entryLength(header) + width
  const bytes = (yield* bytesAt(source, { start, length }, 'a directory')).slice()
  const view = viewOf(bytes)
  const nextAt = length - width
  return {
    start,
    length,
    pointerAt,
    entries: Array.from({ length: count }, (_, index) =>
      entryAt(view, header, start, countWidth + index * entryLength(header)),
    ),
    bytes,
    next: offsetIn(view, nextAt, header),
    nextAt: start + nextAt,
  }
}

function entryAt(view: DataView, header: TiffHeader, directory: number, at: number): TiffEntry {
  const width = offsetWidth(header)
  const type = view.getUint16(at + 2, header.littleEndian)
  const count = offsetIn(view, at + 4, header)
  const size = TYPE_SIZES.get(type)
  const valueAt = at + 4 + width
  const length = size === undefined ? 0 : size * count
  const value = { start: length <= width ? directory + valueAt : offsetIn(view, valueAt, header), length }
  return {
    tag: view.getUint16(at, header.littleEndian),
    type,
    count,
    start: directory + at,
    value: size === undefined ? undefined : value,
  }
}

/** BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG, SRATIONAL, FLOAT, DOUBLE, IFD; LONG8, SLONG8, IFD8. */
const TYPE_SIZES: ReadonlyMap<number, number> = new Map([
  ...[1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4].map((size, index): [number, number] => [index + 1, size]),
  [16, 8],
  [17, 8],
  [18, 8],
])

const PIECE = 4096

/** Values of a field of whole numbers from one of its places on: as many as are asked for, and fewer than 4097. */
export function* numbersOf(
  source: Source,
  { littleEndian }: TiffHeader,
  { type, tag, value }: TiffEntry,
  from: number,
  count: number,
): Walk<number[]> {
  const size = WHOLE_NUMBERS.get(type)
  if (!size || !value) throw malformedTiff(`field ${tag} has values of type ${type}`)
  const many = Math.min(count, PIECE)
  const range = { start: value.start + from * size, length: many * size }
  const view = viewOf(yield* bytesAt(source, range, `field ${tag}`))
  return Array.from({ length: many }, (_, index) => {
    if (size === 1) return view.getUint8(index)
    if (size === 2) return view.getUint16(index * 2, littleEndian)
    return size === 4 ? view.getUint32(index * 4, littleEndian) : uint64(view, index * 8, littleEndian)
  })
}

/** BYTE, SHORT, LONG, IFD, LONG8, IFD8. */
const WHOLE_NUMBERS: ReadonlyMap<number, number> = new Map([
  [1, 1],
  [3, 2],
  [4, 4],
  [13, 4],
  [16, 8],
  [18, 8],
])

/** The offset that is written at a place. */
export function* offsetAt(source: Source, header: TiffHeader, start: number): Walk<number> {
  const bytes = yield* bytesAt(source, { start, length: offsetWidth(header) }, 'a pointer')
  return offsetIn(viewOf(bytes), 0, header)
}

function* bytesAt(source: Source, range: ByteRange, what: string): Walk<Uint8Array> {
  const { start, length } = range
  if (start + length > source.length) throw malformedTiff(`${what} at offset ${start} is not in the file`)
  return (source.peek(start, length) ?? (yield range)).subarray(0, length)
}

function offsetIn(view: DataView, at: number, { isBig, littleEndian }: TiffHeader): number {
  return isBig ? uint64(view, at, littleEndian) : view.getUint32(at, littleEndian)
}

/** More than 2^53 is in no file: a sum with it is then too large as well. */
function uint64(view: DataView, at: number, littleEndian: boolean): number {
  return Number(view.getBigUint64(at, littleEndian))
}

/** An offset as it is written. */
export function encodeOffset(value: number, header: TiffHeader): Uint8Array {
  const bytes = new Uint8Array(offsetWidth(header))
  if (header.isBig) viewOf(bytes).setBigUint64(0, BigInt(value), header.littleEndian)
  else viewOf(bytes).setUint32(0, value, header.littleEndian)
  return bytes
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

export function malformedTiff(what: string): C2paError {
  return new C2paError('malformed_asset', `The TIFF is damaged: ${what}.`)
}
