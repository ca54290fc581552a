/** The chunks of a RIFF file: an identifier, a length, as many bytes, and one of padding where that is odd. C2PA 2.2 §18.7.3.5. */
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'
import type { ByteRange } from './asset-format.ts'

/** Identifier and length. */
export const CHUNK_HEADER = 8

/** `end` is where the next one begins, `length` that of the data. */
export type Chunk = {
  /** The identifier, or the type of a LIST. */
  readonly name: string
  readonly isList: boolean
  readonly start: number
  readonly data: ByteRange
  readonly end: number
}

/** Told of one chunk after the other; false ends the way. */
export type ChunkVisit = (chunk: Chunk) => boolean | Walk<boolean>

/** Which lengths the 32 bits of a header do not hold. */
export type LongLengths = ReadonlyMap<string, number>

/** What stands for a length that is in the ds64 chunk. EBU Tech 3306. */
export const ELSEWHERE = 0xffffffff

/** More than any file has, and few enough to be looked at in a second. */
export const MOST_CHUNKS: number = 250_000

/**
 * Goes from chunk to chunk between two offsets, until `visit` gives false; gives where it stopped. Throws C2paError where there is no
 * chunk, or one goes on past the end.
 */
export function* eachChunk(
  source: Source,
  from: number,
  to: number,
  visit: ChunkVisit,
  longLengths?: LongLengths,
): Walk<number> {
  let position = from
  for (let count = 0; position < to; count++) {
    if (count === MOST_CHUNKS) throw malformed(`it has more than ${MOST_CHUNKS} chunks`)
    const chunk = yield* chunkAt(source, position, to, longLengths)
    const goesOn = visit(chunk)
    if (!(typeof goesOn === 'boolean' ? goesOn : yield* goesOn)) break
    position = chunk.end
  }
  return position
}

function* chunkAt(source: Source, start: number, to: number, longLengths: LongLengths | undefined): Walk<Chunk> {
  if (start + CHUNK_HEADER > to) throw malformed(`there is no chunk at offset ${start}`)
  const header = source.peek(start, CHUNK_HEADER) ?? (yield { start, length: CHUNK_HEADER })
  const id = identifier(header, 0)
  if (id === undefined) throw malformed(`there is no chunk at offset ${start}`)
  const stated = uint32(header, 4)
  const length = stated === ELSEWHERE ? (longLengths?.get(id) ?? stated) : stated
  const data = { start: start + CHUNK_HEADER, length }
  const dataEnd = data.start + length
  if (dataEnd > to) throw malformed(`its ${id} chunk at offset ${start} goes on past the end`)
  // Some leave out the padding of the last one.
  const end = Math.min(dataEnd + (length & 1), to)
  if (id !== 'LIST') return { name: id, isList: false, start, data, end }
  if (length < 4) throw malformed(`its LIST at offset ${start} has no type`)
  const type = identifier(source.peek(data.start, 4) ?? (yield { start: data.start, length: 4 }), 0)
  if (type === undefined) throw malformed(`its LIST at offset ${start} has no type`)
  return { name: type, isList: true, start, data: { start: data.start + 4, length: length - 4 }, end }
}

/** Four printable characters; undefined for anything else. */
export function identifier(bytes: Uint8Array, at: number): string | undefined {
  for (let index = at; index < at + 4; index++) {
    const byte = bytes[index] ?? 0
    if (byte < 0x20 || byte > 0x7e) return undefined
  }
  return String.fromCharCode(...bytes.subarray(at, at + 4))
}

export function uint32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, true)
}

/** Numbers of 64 bits that are no place in any file come out as more than any length. */
export function uint64(bytes: Uint8Array, at: number): number {
  return uint32(bytes, at) + uint32(bytes, at + 4) * 0x1_0000_0000
}

export function uint32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

export function uint64Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true)
  return bytes
}

export function malformed(what: string): C2paError {
  return new C2paError('malformed_asset', `The file is damaged: ${what}.`)
}
