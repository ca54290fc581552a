/** Where an asset holds nothing but metadata: there a data hash may have exclusions. C2PA 2.2 §9.2.5 and §18.5.1. */
import { latin1Text } from '@countersign/codec'
import type { Source, Walk } from '../formats/asset.ts'
import type { ByteRange, MediaType } from '../formats/asset-format.ts'

/** Told of a piece of metadata, in order; false ends the walk. */
type Visit = (range: ByteRange) => boolean

/** The contents of metadata segments or chunks, without their headers and lengths, in order; what can not be read has none. */
export function metadataRanges(format: MediaType, source: Source, visit: Visit): Walk<void> {
  return format === 'image/jpeg' ? ofJpeg(source, visit) : ofPng(source, visit)
}

/** Whether each of these ranges, which are in order, lies inside one of metadata. */
export function* areMetadata(format: MediaType, source: Source, ranges: readonly ByteRange[]): Walk<boolean> {
  if (ranges.length === 0) return true
  let next = 0
  yield* metadataRanges(format, source, ({ start, length }) => {
    for (let range = ranges[next]; range && range.start >= start; range = ranges[++next])
      if (range.start + range.length > start + length) break
    // Behind where a range begins, it lies in nothing any more.
    return (ranges[next]?.start ?? 0) > start
  })
  return next === ranges.length
}

const APP1 = 0xe1
const APP13 = 0xed
const COMMENT = 0xfe
const START_OF_SCAN = 0xda

/** Exif and XMP (APP1), IPTC (APP13) and comments, before the first scan. */
function* ofJpeg(source: Source, visit: Visit): Walk<void> {
  for (let position = 2; position + 4 <= source.length; ) {
    const header = source.peek(position, 4) ?? (yield { start: position, length: 4 })
    const marker = header[1] as number
    if (header[0] !== 0xff || marker === START_OF_SCAN) break
    if (marker === 0xff) {
      position++
      continue
    }
    const length = ((header[2] as number) << 8) | (header[3] as number)
    if (length < 2 || position + 2 + length > source.length) break
    const isMetadata = marker === APP1 || marker === APP13 || marker === COMMENT
    if (isMetadata && !visit({ start: position + 4, length: length - 2 })) break
    position += 2 + length
  }
}

const METADATA_CHUNKS = ['eXIf', 'iTXt', 'tEXt', 'tIME', 'zTXt']

function* ofPng(source: Source, visit: Visit): Walk<void> {
  for (let position = 8; position + 12 <= source.length; ) {
    const header = source.peek(position, 8) ?? (yield { start: position, length: 8 })
    const length = new DataView(header.buffer, header.byteOffset).getUint32(0)
    if (position + 12 + length > source.length) break
    const type = latin1Text(header.subarray(4, 8))
    if (type === 'IEND') break
    // The checksum goes with the data: it can't stay right when they change.
    if (METADATA_CHUNKS.includes(type) && !visit({ start: position + 8, length: length + 4 })) break
    position += 12 + length
  }
}
