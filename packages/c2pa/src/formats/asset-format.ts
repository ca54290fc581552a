/** What signing and verifying need to know of a file format. */
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'

/** The media types of every format that is read here. */
export type MediaType =
  | 'image/jpeg'
  | 'image/png'
  | 'image/webp'
  | 'image/gif'
  | 'image/tiff'
  | 'image/x-adobe-dng'
  | 'image/svg+xml'
  | 'image/heic'
  | 'image/heif'
  | 'image/avif'
  | 'image/jxl'
  | 'video/mp4'
  | 'video/quicktime'
  | 'video/avi'
  | 'audio/mp4'
  | 'audio/wav'
  | 'audio/mpeg'
  | 'audio/flac'
  | 'application/pdf'
  | 'application/c2pa'

export type ByteRange = { readonly start: number; readonly length: number }

/** Where a manifest store stands with what the format puts around it: the range that a data hash leaves out. */
export type Container = ByteRange & {
  /** How many zero bytes behind it are there for its sake: a data hash may leave them out too. C2PA 2.2 §15.12.1.1. */
  readonly padding?: number
}

/** A run of a file that is being put together: a range of the asset as it came, or new bytes. */
export type Part = ByteRange | Uint8Array

/** Where things stand in one asset. */
export type AssetLayout = {
  /** Finer than the first bytes tell. */
  readonly mediaType: MediaType
  /** The manifest store that the asset holds, its bytes joined. */
  readonly manifestStore?: { readonly bytes: Uint8Array; readonly container: Container }
  /**
   * What is wrong with an asset whose manifest store could be read all the same. Nothing is signed then, while a
   * verifier goes on: whether the asset is the one that was signed, the hash tells better.
   */
  readonly damage?: C2paError
  /** How a manifest store is put in; absent from formats that are only read. */
  readonly embedding?: Embedding
}

/** Putting a manifest store into an asset, in place of the one that it may have. */
export type Embedding = {
  /** Where the container begins in the signed asset, however long it is. */
  readonly position: number
  /** That `surroundings` are ranges of the asset, and the same for every length: nothing of the content changes. */
  readonly keepsContent?: true
  /** How long the container of a store of that many bytes is. */
  containerLength(storeLength: number): number
  /** The signed asset but for its container of that length: all that stands before, of `position` bytes together, and behind. */
  surroundings(containerLength: number): Surroundings
  /** All that a BMFF hash is made of, each part to be used before the next is taken; where this is there, such a hash binds. C2PA 2.2 §18.6.2. */
  bmffHashed?(containerLength: number): Iterable<Part>
  /** Writes the container of `store` at `position`; exactly containerLength(store.length) bytes. */
  writeContainer(target: Uint8Array, position: number, store: Uint8Array): void
}

export type Surroundings = { readonly before: readonly Part[]; readonly after: readonly Part[] }

/** Told of one piece after the other, in order; false ends the walk. */
export type Visit = (range: ByteRange) => boolean

/** A run of an asset that a box hash names. C2PA 2.2 §18.7. */
export type HashBox = ByteRange & { readonly name: string }

/** One file format. New formats implement this and are listed in detect.ts. */
export type AssetFormat = {
  /** What people call it, as in "a JPEG". */
  readonly name: string
  /** Whether its layouts never have an embedding. */
  readonly isReadOnly?: true
  /** The media type when the first bytes, HEAD_LENGTH of them or all there are, are those of this format. */
  recognizes(head: Uint8Array): MediaType | undefined
  /** Walks the structure without decoding the content; throws C2paError where it is broken and no one manifest store was found. */
  inspect(source: Source): Walk<AssetLayout>
  /**
   * Tells of the contents of metadata, without their headers and lengths; what can't be read has none. A data hash may leave them out
   * (C2PA 2.2 §9.2.5, §18.5.1). Without this method a format has none.
   */
  metadata?(source: Source, visit: Visit): Walk<void>
  /** The boxes of which a box hash is made, in order and without gaps; absent from formats that have none. C2PA 2.2 §18.7.3. */
  boxes?(source: Source): Walk<readonly HashBox[]>
}

/** As many of the first bytes as tell the format. */
export const HEAD_LENGTH = 4096

/** A manifest store is read whole, so whoever makes a file could have gigabytes of memory taken. */
const MOST_STORE = 128 * 1024 * 1024

/** Throws C2paError for a manifest store that is longer than any is read or written. */
export function checkStoreLength(length: number): void {
  if (length > MOST_STORE)
    throw new C2paError('too_large', `A C2PA manifest store may have ${MOST_STORE} bytes here, and not ${length}.`)
}

/**
 * The embedding of formats in which nothing else changes: the container that the asset has, if any, is taken out, and one
 * goes in at the insertion point, an offset in the asset as it is, at or outside the old container.
 */
export function embeddingAt(
  insertionPoint: number,
  assetLength: number,
  old: ByteRange | undefined,
  container: Pick<Embedding, 'containerLength' | 'writeContainer'>,
): Embedding {
  const removed = old ?? { start: insertionPoint, length: 0 }
  const surroundings = {
    before: rangesWithout(removed, 0, insertionPoint),
    after: rangesWithout(removed, insertionPoint, assetLength),
  }
  return {
    ...container,
    keepsContent: true,
    position: lengthOfParts(surroundings.before),
    surroundings: () => surroundings,
  }
}

/** From `start` to `end` but for what is removed. */
export function rangesWithout(removed: ByteRange, start: number, end: number): ByteRange[] {
  const removedEnd = removed.start + removed.length
  const pieces: [number, number][] = [
    [start, Math.min(end, removed.start)],
    [Math.max(start, removedEnd), end],
  ]
  return pieces.filter(([from, to]) => to > from).map(([from, to]) => ({ start: from, length: to - from }))
}

export function lengthOfParts(parts: readonly Part[]): number {
  return parts.reduce((total, { length }) => total + length, 0)
}
