/** Reading an asset, in memory or as it is needed. */
import { createHash, type HashAlgorithm } from '@countersign/pki'
import { C2paError } from '../c2pa-error.ts'
import type { ByteRange } from './asset-format.ts'

/**
 * A file in memory, or one that is read piece by piece: the web's Blob, as Node's `fs.openAsBlob` gives it, of up to 4 GiB. Of a longer
 * file that function says too small a size, so whoever opens files compares.
 */
export type Asset = Uint8Array | Blob

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
  return isInMemory(asset) ? walkBytes(asset, way) : walkBlob(asset, way)
}

/** Whatever realm the array is from. */
export function isInMemory(asset: Asset): asset is Uint8Array {
  return ArrayBuffer.isView(asset)
}

export function lengthOf(asset: Asset): number {
  return isInMemory(asset) ? asset.length : asset.size
}

/** As many of the first bytes as tell the format. */
export async function headOf(asset: Asset): Promise<Uint8Array> {
  if (isInMemory(asset)) return asset
  checkBlobLength(asset.size)
  return readBlob(asset, 0, Math.min(asset.size, 64))
}

/** Node counts the bytes of a Blob in 32 bits, and ends the process where that is not enough. */
const LONGEST_BLOB = 0xffffffff

/** Throws C2paError for a length that no Blob can have everywhere. */
export function checkBlobLength(length: number): void {
  if (length > LONGEST_BLOB)
    throw new C2paError('unreadable_asset', `A Blob may have ${LONGEST_BLOB} bytes, and not ${length}.`)
}

/** The hash of ranges, one after the other. */
export async function hashRanges(
  asset: Asset,
  ranges: readonly ByteRange[],
  algorithm: HashAlgorithm,
): Promise<Uint8Array> {
  const hash = createHash(algorithm)
  if (isInMemory(asset)) for (const { start, length } of ranges) hash.update(asset.subarray(start, start + length))
  else for await (const piece of piecesOf(asset, ranges)) hash.update(piece)
  return hash.digest()
}

function walkBytes<T>(bytes: Uint8Array, way: (source: Source) => Walk<T>): T {
  const steps = way({ length: bytes.length, peek: (start) => bytes.subarray(start) })
  let step = steps.next()
  while (!step.done) step = steps.next(bytes.subarray(step.value.start))
  return step.value
}

async function walkBlob<T>(blob: Blob, way: (source: Source) => Walk<T>): Promise<T> {
  const window = new Window(blob)
  const steps = way(window)
  let step = steps.next()
  while (!step.done) step = steps.next(await window.move(step.value))
  return step.value
}

const SMALLEST_WINDOW = 1 << 16
/** Larger ones are read no faster. */
const LARGEST_WINDOW = 1 << 20

/** The part of a Blob that is in memory. It grows while a walk goes straight on, and is small again after a leap. */
class Window implements Source {
  readonly length: number
  readonly #blob: Blob
  #start = 0
  #bytes: Uint8Array = new Uint8Array()
  #size = SMALLEST_WINDOW

  constructor(blob: Blob) {
    this.length = blob.size
    this.#blob = blob
  }

  peek(start: number, least: number): Uint8Array | undefined {
    const from = start - this.#start
    return from >= 0 && from + least <= this.#bytes.length ? this.#bytes.subarray(from) : undefined
  }

  async move({ start, length }: ByteRange): Promise<Uint8Array> {
    const leap = start - (this.#start + this.#bytes.length)
    const isNear = start >= this.#start && leap < this.#size
    this.#size = isNear ? Math.min(2 * this.#size, LARGEST_WINDOW) : SMALLEST_WINDOW
    this.#bytes = await readBlob(this.#blob, start, Math.min(start + Math.max(length, this.#size), this.length))
    this.#start = start
    return this.#bytes
  }
}

const PIECE = 1 << 20

/** The bytes of the ranges; while one piece is worked on, the next is being read. */
async function* piecesOf(blob: Blob, ranges: readonly ByteRange[]): AsyncGenerator<Uint8Array> {
  let ahead: Promise<Uint8Array> | undefined
  for (const { start, length } of ranges)
    for (let at = start; at < start + length; at += PIECE) {
      const next = readBlob(blob, at, Math.min(at + PIECE, start + length))
      // Whoever waits for it is told; until then nobody does.
      next.catch(() => undefined)
      if (ahead) yield await ahead
      ahead = next
    }
  if (ahead) yield await ahead
}

async function readBlob(blob: Blob, start: number, end: number): Promise<Uint8Array> {
  let bytes: Uint8Array
  try {
    bytes = new Uint8Array(await blob.slice(start, end).arrayBuffer())
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new C2paError('unreadable_asset', `The asset can't be read: ${why}.`, { cause })
  }
  if (bytes.length === end - start) return bytes
  throw new C2paError('unreadable_asset', "The asset can't be read: it has become shorter.")
}
