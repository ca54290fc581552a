/** Reading an asset, in memory or as it is needed. */
import { createHash, type HashAlgorithm } from '@countersign/pki'
import { C2paError } from '../c2pa-error.ts'
import { type ByteRange, HEAD_LENGTH, type Part } from './asset-format.ts'

/** A file that is read piece by piece, of any size: `read` gives the bytes from `start` up to, not including, `end`. */
export type AssetReader = {
  /** In bytes. */
  readonly size: number
  read(start: number, end: number): Promise<Uint8Array>
}

/**
 * A file in memory, or one that is read as it is needed: an AssetReader, or the web's Blob of up to 4 GiB, which is what a page
 * is given. Of a longer file Node's `fs.openAsBlob` says too small a size, so for those there is the AssetReader.
 */
export type Asset = Uint8Array | Blob | AssetReader

/** What a walk sees of an asset. */
export type Source = {
  readonly length: number
  /** The bytes from `start` on: `least` of them, and as many more as are at hand; undefined where the walk has to ask for them. */
  peek(start: number, least: number): Uint8Array | undefined
}

/**
 * A way through an asset, written once for both kinds: `source.peek(start, length) ?? (yield { start, length })` are the
 * bytes of a range, or more than those. The range lies inside the asset, and is no longer than memory may be taken.
 */
export type Walk<T> = Generator<ByteRange, T, Uint8Array>

/** Walks through an asset: at once where it is in memory. Throws what the walk throws, and C2paError `unreadable_asset`. */
export function walk<T>(asset: Uint8Array, way: (source: Source) => Walk<T>): T
export function walk<T>(asset: Asset, way: (source: Source) => Walk<T>): T | Promise<T>
export function walk<T>(asset: Asset, way: (source: Source) => Walk<T>): T | Promise<T> {
  return isInMemory(asset) ? walkBytes(plainBytes(asset), way) : walkReader(readerOf(asset), way)
}

/** Node's Buffer is an Uint8Array whose `slice` is no copy: what is changed in one would change the asset. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** Whatever realm the array is from. */
export function isInMemory(asset: Asset): asset is Uint8Array {
  return ArrayBuffer.isView(asset)
}

export function lengthOf(asset: Asset): number {
  return isInMemory(asset) ? asset.length : asset.size
}

export function isBlob(asset: Blob | AssetReader): asset is Blob {
  return 'arrayBuffer' in asset
}

/** As many of the first bytes as tell the format. */
export async function headOf(asset: Asset): Promise<Uint8Array> {
  if (isInMemory(asset)) return asset.subarray(0, HEAD_LENGTH)
  const reader = readerOf(asset)
  return reader.read(0, Math.min(reader.size, HEAD_LENGTH))
}

/** Node counts the bytes of a Blob in 32 bits, and ends the process where that is not enough. */
const LONGEST_BLOB = 0xffffffff

/** Throws C2paError for a length that no Blob can have everywhere. */
export function checkBlobLength(length: number): void {
  if (length > LONGEST_BLOB)
    throw new C2paError('unreadable_asset', `A Blob may have ${LONGEST_BLOB} bytes, and not ${length}.`)
}

/** The hash of parts, one after the other. */
export async function hashParts(asset: Asset, parts: Iterable<Part>, algorithm: HashAlgorithm): Promise<Uint8Array> {
  const hash = createHash(algorithm)
  if (isInMemory(asset)) for (const part of parts) hash.update(bytesOf(asset, part))
  else for await (const piece of piecesOfParts(readerOf(asset), parts)) hash.update(piece)
  return hash.digest()
}

/** The bytes of a part of an asset in memory. */
export function bytesOf(asset: Uint8Array, part: Part): Uint8Array {
  return part instanceof Uint8Array ? part : asset.subarray(part.start, part.start + part.length)
}

/** All of an asset in pieces of at most a megabyte, to be written somewhere else: never more than two of them are in memory. */
export async function* piecesOf(asset: Asset): AsyncGenerator<Uint8Array> {
  if (!isInMemory(asset)) yield* piecesOfParts(readerOf(asset), [{ start: 0, length: asset.size }])
  else for (let at = 0; at < asset.length; at += PIECE) yield asset.subarray(at, at + PIECE)
}

function walkBytes<T>(bytes: Uint8Array, way: (source: Source) => Walk<T>): T {
  const steps = way({ length: bytes.length, peek: (start) => bytes.subarray(start) })
  let step = steps.next()
  while (!step.done) step = steps.next(bytes.subarray(step.value.start))
  return step.value
}

async function walkReader<T>(reader: AssetReader, way: (source: Source) => Walk<T>): Promise<T> {
  const window = new Window(reader)
  const steps = way(window)
  let step = steps.next()
  while (!step.done) step = steps.next(await window.move(step.value))
  return step.value
}

const SMALLEST_WINDOW = 1 << 16
/** Larger ones are read no faster. */
const LARGEST_WINDOW = 1 << 20

/** The part of a file that is in memory. It grows while a walk goes straight on, and is small again after a leap. */
class Window implements Source {
  readonly length: number
  readonly #reader: AssetReader
  #start = 0
  #bytes: Uint8Array = new Uint8Array()
  #size = SMALLEST_WINDOW

  constructor(reader: AssetReader) {
    this.length = reader.size
    this.#reader = reader
  }

  peek(start: number, least: number): Uint8Array | undefined {
    const from = start - this.#start
    return from >= 0 && from + least <= this.#bytes.length ? this.#bytes.subarray(from) : undefined
  }

  async move({ start, length }: ByteRange): Promise<Uint8Array> {
    const leap = start - (this.#start + this.#bytes.length)
    const isNear = start >= this.#start && leap < this.#size
    this.#size = isNear ? Math.min(2 * this.#size, LARGEST_WINDOW) : SMALLEST_WINDOW
    this.#bytes = await this.#reader.read(start, Math.min(start + Math.max(length, this.#size), this.length))
    this.#start = start
    return this.#bytes
  }
}

const PIECE = 1 << 20

/** The bytes of the parts; while one piece is worked on, the next is being read. */
async function* piecesOfParts(reader: AssetReader, parts: Iterable<Part>): AsyncGenerator<Uint8Array> {
  let ahead: Promise<Uint8Array> | undefined
  for (const part of parts) {
    if (part instanceof Uint8Array) {
      if (ahead) yield await ahead
      ahead = undefined
      yield part
      continue
    }
    for (let at = part.start, end = at + part.length; at < end; at += PIECE) {
      const next = reader.read(at, Math.min(at + PIECE, end))
      // Whoever waits for it is told; until then nobody does.
      next.catch(() => undefined)
      if (ahead) yield await ahead
      ahead = next
    }
  }
  if (ahead) yield await ahead
}

/** Any file as a reader that gives what it was asked for, or throws C2paError `unreadable_asset`. */
export function readerOf(asset: Blob | AssetReader): AssetReader {
  const { size } = asset
  const read = isBlob(asset)
    ? async (start: number, end: number) => new Uint8Array(await asset.slice(start, end).arrayBuffer())
    : (start: number, end: number) => asset.read(start, end)
  if (isBlob(asset)) checkBlobLength(size)
  return {
    size,
    async read(start, end) {
      let bytes: Uint8Array
      try {
        bytes = await read(start, end)
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause)
        throw new C2paError('unreadable_asset', `The asset can't be read: ${why}.`, { cause })
      }
      if (bytes.length === end - start) return plainBytes(bytes)
      throw new C2paError('unreadable_asset', "The asset can't be read: it has become shorter.")
    },
  }
}
