/** Putting a signed asset together. */
import { C2paError } from '../c2pa-error.ts'
import {
  type Asset,
  type AssetReader,
  bytesOf,
  checkBlobLength,
  isBlob,
  isInMemory,
  readerOf,
} from '../formats/asset.ts'
import { lengthOfParts, type MediaType, type Part } from '../formats/asset-format.ts'

/** Of the same kind as the asset whose ranges the parts name. */
export function assembled(
  asset: Asset,
  parts: readonly Part[],
  { format }: { readonly format: MediaType },
  allocate?: (length: number) => Uint8Array,
): Asset {
  if (isInMemory(asset)) return copied(asset, parts, allocate)
  return isBlob(asset) ? composedBlob(asset, parts, format) : composedReader(readerOf(asset), parts)
}

function copied(
  asset: Uint8Array,
  parts: readonly Part[],
  allocate = (length: number): Uint8Array => new Uint8Array(length),
): Uint8Array {
  const length = lengthOfParts(parts)
  const output = allocate(length)
  if (output.length !== length)
    throw new C2paError('invalid_option', `allocate gave ${output.length} bytes, not ${length}.`)
  let at = 0
  for (const part of parts) {
    output.set(bytesOf(asset, part), at)
    at += part.length
  }
  return output
}

/** The content stays where it is: whoever reads the new Blob reads it from the old one. */
function composedBlob(asset: Blob, parts: readonly Part[], format: MediaType): Blob {
  const length = lengthOfParts(parts)
  checkBlobLength(length)
  const pieces = parts.map((part) =>
    part instanceof Uint8Array ? (part as Uint8Array<ArrayBuffer>) : asset.slice(part.start, part.start + part.length),
  )
  const signed = new Blob(pieces, { type: format })
  // Versions of Node take a slice across 2 GiB for an empty one (nodejs/node#52585).
  if (signed.size === length) return signed
  throw new C2paError('unreadable_asset', `Of ${length} bytes a Blob has ${signed.size} here.`)
}

function composedReader(asset: AssetReader, parts: readonly Part[]): AssetReader {
  let size = 0
  const placed = parts.map((part) => {
    const at = size
    size += part.length
    return { part, at }
  })
  return {
    size,
    async read(start, end) {
      const target = new Uint8Array(end - start)
      for (const { part, at } of placed) {
        const from = Math.max(start, at)
        const to = Math.min(end, at + part.length)
        if (from >= to) continue
        const bytes =
          part instanceof Uint8Array
            ? part.subarray(from - at, to - at)
            : await asset.read(part.start + from - at, part.start + to - at)
        target.set(bytes, from - start)
      }
      return target
    },
  }
}
