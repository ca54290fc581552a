/** Where an asset holds nothing but metadata: there a data hash may have exclusions. C2PA 2.2 §9.2.5 and §18.5.1. */
import { latin1Text } from '@countersign/codec'
import type { ByteRange, MediaType } from '../formats/asset-format.ts'

/** The contents of metadata segments or chunks, without their headers and lengths, in order; what can not be read has none. */
export function metadataRanges(format: MediaType, asset: Uint8Array): Iterable<ByteRange> {
  return format === 'image/jpeg' ? ofJpeg(asset) : ofPng(asset)
}

/** Whether each of these ranges, which are in order, lies inside one of metadata. */
export function areMetadata(format: MediaType, asset: Uint8Array, ranges: readonly ByteRange[]): boolean {
  if (ranges.length === 0) return true
  let next = 0
  for (const { start, length } of metadataRanges(format, asset)) {
    for (let range = ranges[next]; range && range.start >= start; range = ranges[++next])
      if (range.start + range.length > start + length) break
    if (next === ranges.length) return true
  }
  return false
}

const APP1 = 0xe1
const APP13 = 0xed
const COMMENT = 0xfe
const START_OF_SCAN = 0xda

/** Exif and XMP (APP1), IPTC (APP13) and comments, before the first scan. */
function* ofJpeg(asset: Uint8Array): Iterable<ByteRange> {
  const view = new DataView(asset.buffer, asset.byteOffset, asset.byteLength)
  for (let position = 2; position + 4 <= asset.length; ) {
    const marker = asset[position + 1] as number
    if (asset[position] !== 0xff || marker === START_OF_SCAN) break
    if (marker === 0xff) {
      position++
      continue
    }
    const length = view.getUint16(position + 2)
    if (length < 2 || position + 2 + length > asset.length) break
    if (marker === APP1 || marker === APP13 || marker === COMMENT) yield { start: position + 4, length: length - 2 }
    position += 2 + length
  }
}

const METADATA_CHUNKS = ['eXIf', 'iTXt', 'tEXt', 'tIME', 'zTXt']

function* ofPng(asset: Uint8Array): Iterable<ByteRange> {
  const view = new DataView(asset.buffer, asset.byteOffset, asset.byteLength)
  for (let position = 8; position + 12 <= asset.length; ) {
    const length = view.getUint32(position)
    if (position + 12 + length > asset.length) break
    const type = latin1Text(asset.subarray(position + 4, position + 8))
    if (type === 'IEND') break
    // The checksum goes with the data: it can't stay right when they change.
    if (METADATA_CHUNKS.includes(type)) yield { start: position + 8, length: length + 4 }
    position += 12 + length
  }
}
