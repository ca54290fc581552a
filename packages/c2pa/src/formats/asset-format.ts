/** What signing and verifying need to know of a file format. */
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'

export type MediaType = 'image/jpeg' | 'image/png'

export type ByteRange = { readonly start: number; readonly length: number }

/** Where things stand in one asset. */
export type AssetLayout = {
  /** The manifest store that the asset holds: its bytes joined, and the range of its container in the asset. */
  readonly manifestStore?: { readonly bytes: Uint8Array; readonly container: ByteRange }
  /**
   * What is wrong with an asset whose manifest store could be read all the same. Nothing is signed then, while a
   * verifier goes on: whether the asset is the one that was signed, the hash tells better.
   */
  readonly damage?: C2paError
  /** Where a manifest store goes when the asset's own container, if any, is taken out: an offset in the asset as it is, at or outside that container. */
  readonly insertionPoint: number
  /** How long the container of a store of that many bytes is. */
  containerLength(storeLength: number): number
  /** Writes the container of `store` at `position`; exactly containerLength(store.length) bytes. */
  writeContainer(target: Uint8Array, position: number, store: Uint8Array): void
}

/** One file format. New formats implement this and are listed in detect.ts. */
export type AssetFormat = {
  readonly mediaType: MediaType
  /** Whether the first bytes are those of this format. */
  recognizes(head: Uint8Array): boolean
  /** Walks the structure without decoding the picture; throws C2paError where it is broken and no one manifest store was found. */
  inspect(source: Source): Walk<AssetLayout>
}

/** A manifest store is read whole, so whoever makes a file could have gigabytes of memory taken. */
const MOST_STORE = 128 * 1024 * 1024

/** Throws C2paError for a manifest store that is longer than any is read or written. */
export function checkStoreLength(length: number): void {
  if (length > MOST_STORE)
    throw new C2paError('too_large', `A C2PA manifest store may have ${MOST_STORE} bytes here, and not ${length}.`)
}

/** What is left of an asset without its manifest store, in order, cut at the insertion point. */
export function contentRanges(layout: AssetLayout, assetLength: number): { before: ByteRange[]; after: ByteRange[] } {
  const { manifestStore, insertionPoint } = layout
  const container = manifestStore?.container ?? { start: insertionPoint, length: 0 }
  const ranges = (start: number, end: number): ByteRange[] => {
    const containerEnd = container.start + container.length
    const pieces: [number, number][] = [
      [start, Math.min(end, container.start)],
      [Math.max(start, containerEnd), end],
    ]
    return pieces.filter(([from, to]) => to > from).map(([from, to]) => ({ start: from, length: to - from }))
  }
  return { before: ranges(0, insertionPoint), after: ranges(insertionPoint, assetLength) }
}
