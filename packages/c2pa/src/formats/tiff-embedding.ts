/**
 * Putting a manifest store into a TIFF: it stands at the end of the file, and no other byte moves, so that no offset has to
 * be found and changed. C2PA 2.2 A.3.5.
 */
import { concatBytes } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import { type ByteRange, type Embedding, lengthOfParts, type Part } from './asset-format.ts'
import { MANIFEST_FIELD } from './tiff-content.ts'
import {
  encodeOffset,
  entryLength,
  offsetWidth,
  type TiffDirectory,
  type TiffEntry,
  type TiffHeader,
} from './tiff-directory.ts'

/** The type of the field. */
export const UNDEFINED = 7

/** In place of the store that there is; else in a new field of the last directory, of which a copy goes behind the file. */
export function tiffEmbedding(
  header: TiffHeader,
  assetLength: number,
  last: TiffDirectory,
  old: { readonly entry: TiffEntry; readonly container: ByteRange } | undefined,
): Embedding {
  const before = old ? inOldField(header, assetLength, old) : inNewField(header, assetLength, last)
  const position = lengthOfParts(before(0))
  return {
    position,
    containerLength(storeLength) {
      if (!header.isBig && position + storeLength > 0xffffffff)
        throw new C2paError(
          'too_large',
          `A TIFF that is no BigTIFF may have 4 GiB, and not ${position + storeLength} bytes.`,
        )
      return storeLength
    },
    surroundings: (containerLength) => ({ before: before(containerLength), after: [] }),
    writeContainer: (target, at, store) => target.set(store, at),
  }
}

type Before = (containerLength: number) => Part[]

/** Where the old store is the last thing in the file it makes room, else it stays where it is. */
function inOldField(
  header: TiffHeader,
  assetLength: number,
  { entry, container }: { readonly entry: TiffEntry; readonly container: ByteRange },
): Before {
  const kept = container.start + container.length === assetLength ? container.start : assetLength
  const position = aligned(kept, 2)
  const fieldAt = entry.start + 4
  const behind = entry.start + entryLength(header)
  return (containerLength) => [
    { start: 0, length: fieldAt },
    concatBytes([encodeOffset(containerLength, header), encodeOffset(position, header)]),
    { start: behind, length: kept - behind },
    ...padding(position - kept),
  ]
}

function inNewField(header: TiffHeader, assetLength: number, last: TiffDirectory): Before {
  const directoryAt = aligned(assetLength, header.isBig ? 8 : 2)
  const position = directoryAt + last.length + entryLength(header)
  const width = offsetWidth(header)
  const behind = last.pointerAt + width
  const unsorted = last.entries.findIndex(({ tag }) => tag > MANIFEST_FIELD)
  const field = unsorted < 0 ? last.entries.length : unsorted
  const at = (header.isBig ? 8 : 2) + field * entryLength(header)
  return (containerLength) => [
    { start: 0, length: last.pointerAt },
    encodeOffset(directoryAt, header),
    { start: behind, length: assetLength - behind },
    ...padding(directoryAt - assetLength),
    concatBytes([
      entryCount(header, last.entries.length + 1),
      last.bytes.subarray(header.isBig ? 8 : 2, at),
      shorts(header, MANIFEST_FIELD, UNDEFINED),
      encodeOffset(containerLength, header),
      encodeOffset(position, header),
      last.bytes.subarray(at),
    ]),
  ]
}

/** Directories and values begin at even offsets (TIFF 6.0 §2), the directories of a BigTIFF at multiples of eight. */
function aligned(offset: number, unit: 2 | 8): number {
  return Math.ceil(offset / unit) * unit
}

function padding(length: number): Uint8Array[] {
  return length === 0 ? [] : [new Uint8Array(length)]
}

function entryCount(header: TiffHeader, count: number): Uint8Array {
  return header.isBig ? encodeOffset(count, header) : shorts(header, count)
}

function shorts({ littleEndian }: TiffHeader, ...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 2)
  const view = new DataView(bytes.buffer)
  for (const [index, value] of values.entries()) view.setUint16(index * 2, value, littleEndian)
  return bytes
}
