/** JPEG, ISO/IEC 10918-1 B; the manifest store stands in APP11 segments. C2PA 2.2 A.3.1. */
import { concatBytes, decodeHex, utf8Bytes } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import { MANIFEST_STORE } from '../jumbf/content-type.ts'
import type { Source, Walk } from './asset.ts'
import { type AssetFormat, type AssetLayout, embeddingAt, type HashBox, type Visit } from './asset-format.ts'
import { byteSearch } from './byte-search.ts'
import { jpegBoxes } from './jpeg-boxes.ts'
import { containerLength, ManifestSegments, writeContainer } from './jpeg-manifest.ts'
import { EOI, malformed, markerAt, nextMarker, SOI, SOS } from './jpeg-marker.ts'

const DHT = 0xc4
const JPG = 0xc8
const DAC = 0xcc
const APP0 = 0xe0
const APP1 = 0xe1
const APP11 = 0xeb
const APP13 = 0xed
const COMMENT = 0xfe

/** A segment with a length: `start` is where its 0xFF stands, `payload` what follows the length. */
export type JpegSegment = {
  readonly marker: number
  readonly start: number
  readonly end: number
  readonly payload: Uint8Array
}

export const jpeg: AssetFormat = {
  name: 'JPEG',
  recognizes: (head) =>
    head.length >= 3 && head[0] === 0xff && head[1] === SOI && head[2] === 0xff ? 'image/jpeg' : undefined,
  inspect,
  metadata,
  boxes,
}

function* inspect(source: Source): Walk<AssetLayout> {
  const manifest = new ManifestSegments()
  const structure = { insertionPoint: 2 }
  const damage = yield* fromMarkerToMarker(source, manifest, structure)
  const { store, boxInstance } = manifest
  if (damage && (!store || damage.code !== 'malformed_asset')) throw damage
  return {
    mediaType: 'image/jpeg',
    ...(store ? { manifestStore: store } : {}),
    ...(damage ? { damage } : {}),
    embedding: embeddingAt(structure.insertionPoint, source.length, store?.container, {
      containerLength,
      writeContainer: (target, at, bytes) => writeContainer(target, at, bytes, boxInstance),
    }),
  }
}

/** As many of them as boxes of a hash: each costs time. */
const MOST_SEGMENTS = 250_000

/** Up to the end of the image; what is wrong on the way ends the walk and is given back. */
function* fromMarkerToMarker(
  source: Source,
  manifest: ManifestSegments,
  found: { insertionPoint: number },
): Walk<C2paError | undefined> {
  try {
    let isLeading = true
    let frames = 0
    let scans = 0
    let position = 2
    for (let count = 0; position < source.length; count++) {
      const marker = yield* markerAt(source, position)
      if (marker.code === EOI) break
      if (count === MOST_SEGMENTS) throw malformed(`it has more than ${MOST_SEGMENTS} segments`)
      const segment = yield* segmentAt(source, marker)
      // Other readers lose count of the fill bytes before a marker: the store stands before the first of them.
      const isFilled = segment.start !== position
      position = segment.end
      if (segment.marker !== APP11 || !manifest.add(segment)) {
        manifest.interrupt()
        isLeading &&= segment.marker === APP0 && !isFilled
        if (isLeading) found.insertionPoint = segment.end
      }
      if (isStartOfFrame(segment.marker)) {
        checkFrame(segment)
        frames++
      }
      if (segment.marker === SOS) {
        if (frames === 0) throw malformed('its first scan comes before its frame header')
        scans++
        if (scans === 1 && (yield* endsWithImage(source)) && !(yield* mayHoldManifestStore(source, position)))
          return undefined
        position = yield* nextMarker(source, position)
      }
    }
    manifest.interrupt()
    if (position >= source.length) throw malformed('it ends before its end-of-image marker')
    if (scans === 0) throw malformed('it has no scan, so no picture')
    return undefined
  } catch (error) {
    if (error instanceof C2paError) return error
    throw error
  }
}

function* segmentAt(source: Source, marker: { code: number; start: number }): Walk<JpegSegment> {
  const { code, start } = marker
  // 01 and D0 to D7 stand alone and only inside entropy-coded data; 00 is no marker; a second SOI is a second picture.
  if (code < 0xc0 || (code >= 0xd0 && code <= SOI)) throw malformed(`marker FF${hex(code)} at offset ${start}`)
  if (start + 4 > source.length) throw malformed(`it ends inside a segment at offset ${start}`)
  const header = source.peek(start, 4) ?? (yield { start, length: 4 })
  const length = ((header[2] as number) << 8) | (header[3] as number)
  if (length < 2) throw malformed(`a segment of length ${length} at offset ${start}`)
  const end = start + 2 + length
  if (end > source.length) throw malformed(`it ends inside a segment at offset ${start}`)
  const payload = source.peek(start + 4, length - 2) ?? (yield { start: start + 4, length: length - 2 })
  return { marker: code, start, end, payload: payload.subarray(0, length - 2) }
}

function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== DHT && marker !== JPG && marker !== DAC
}

/** Lf, P, Y, X, Nf, then three bytes a component. B.2.2. */
function checkFrame(segment: JpegSegment): void {
  const { payload } = segment
  const components = payload[5] ?? 0
  const width = ((payload[3] ?? 0) << 8) | (payload[4] ?? 0)
  if (components === 0 || width === 0 || payload.length !== 6 + 3 * components)
    throw malformed(`its frame header at offset ${segment.start} is not one`)
}

function* endsWithImage(source: Source): Walk<boolean> {
  const start = source.length - 2
  const end = source.peek(start, 2) ?? (yield { start, length: 2 })
  return end[0] === 0xff && end[1] === EOI
}

const DESCRIPTION = concatBytes([utf8Bytes('jumd'), decodeHex(MANIFEST_STORE)])
const holdsDescription = byteSearch(DESCRIPTION)

/**
 * Whether the description of a manifest store stands anywhere after the first scan header. Going through entropy-coded
 * data marker by marker takes as long as hashing it; this search does not.
 */
function* mayHoldManifestStore(source: Source, position: number): Walk<boolean> {
  const { length } = DESCRIPTION
  for (let start = position; start + length <= source.length; ) {
    const bytes = source.peek(start, length) ?? (yield { start, length })
    if (holdsDescription(bytes, 0)) return true
    start += bytes.length - length + 1
  }
  return false
}

/** Exif and XMP (APP1), IPTC (APP13) and comments, before the first scan. */
function* metadata(source: Source, visit: Visit): Walk<void> {
  for (let position = 2; position + 4 <= source.length; ) {
    const header = source.peek(position, 4) ?? (yield { start: position, length: 4 })
    const marker = header[1] as number
    if (header[0] !== 0xff || marker === SOS) break
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

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}

function* boxes(source: Source): Walk<readonly HashBox[]> {
  const { manifestStore } = yield* inspect(source)
  return yield* jpegBoxes(source, manifestStore?.container)
}
