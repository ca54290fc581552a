/** JPEG, ISO/IEC 10918-1 B; the manifest store stands in APP11 segments. C2PA 2.2 A.3.1. */
import { C2paError } from '../c2pa-error.ts'
import type { AssetFormat, AssetLayout } from './asset-format.ts'
import { containerLength, ManifestSegments, writeContainer } from './jpeg-manifest.ts'

const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const DHT = 0xc4
const JPG = 0xc8
const DAC = 0xcc
const APP0 = 0xe0
const APP11 = 0xeb

/** A segment with a length: `start` is where its 0xFF stands, `payload` what follows the length. */
export type JpegSegment = {
  readonly marker: number
  readonly start: number
  readonly end: number
  readonly payload: Uint8Array
}

export const jpeg: AssetFormat = {
  mediaType: 'image/jpeg',
  recognizes: (asset) => asset.length >= 3 && asset[0] === 0xff && asset[1] === SOI && asset[2] === 0xff,
  inspect,
}

function inspect(asset: Uint8Array): AssetLayout {
  const manifest = new ManifestSegments()
  let insertionPoint = 2
  let isLeading = true
  let frames = 0
  let scans = 0
  let position = 2
  for (;;) {
    const marker = markerAt(asset, position)
    if (marker.code === EOI) break
    const segment = segmentAt(asset, marker)
    position = segment.end
    const isManifest = segment.marker === APP11 && manifest.add(segment)
    if (!isManifest) {
      manifest.interrupt()
      isLeading &&= segment.marker === APP0
      if (isLeading) insertionPoint = segment.end
    }
    if (isStartOfFrame(segment.marker)) {
      checkFrame(segment)
      frames++
    }
    if (segment.marker === SOS) {
      if (frames === 0) throw malformed('its first scan comes before its frame header')
      scans++
      position = nextMarker(asset, segment.end)
    }
  }
  manifest.interrupt()
  if (scans === 0) throw malformed('it has no scan, so no picture')
  const { store, boxInstance } = manifest
  return {
    ...(store ? { manifestStore: store } : {}),
    insertionPoint,
    containerLength,
    writeContainer: (target, at, bytes) => writeContainer(target, at, bytes, boxInstance),
  }
}

/** The marker at that place, after the fill bytes that may stand before it (B.1.1.2). */
function markerAt(asset: Uint8Array, position: number): { code: number; start: number } {
  if (position < asset.length && asset[position] !== 0xff) throw malformed(`there is no marker at offset ${position}`)
  let at = position
  while (at < asset.length && asset[at] === 0xff) at++
  if (at >= asset.length) throw malformed('it ends before its end-of-image marker')
  return { code: asset[at] as number, start: at - 1 }
}

function segmentAt(asset: Uint8Array, marker: { code: number; start: number }): JpegSegment {
  const { code, start } = marker
  // 01 and D0 to D7 stand alone and only inside entropy-coded data; 00 is no marker; a second SOI is a second picture.
  if (code < 0xc0 || (code >= 0xd0 && code <= SOI)) throw malformed(`marker FF${hex(code)} at offset ${start}`)
  if (start + 4 > asset.length) throw malformed(`it ends inside a segment at offset ${start}`)
  const length = ((asset[start + 2] as number) << 8) | (asset[start + 3] as number)
  if (length < 2) throw malformed(`a segment of length ${length} at offset ${start}`)
  const end = start + 2 + length
  if (end > asset.length) throw malformed(`it ends inside a segment at offset ${start}`)
  return { marker: code, start, end, payload: asset.subarray(start + 4, end) }
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

/** Where the entropy-coded data that starts at `position` ends: at the next marker that is neither stuffing nor a restart. */
function nextMarker(asset: Uint8Array, position: number): number {
  for (let at = position; ; ) {
    at = asset.indexOf(0xff, at)
    if (at < 0 || at + 1 >= asset.length) throw malformed('it ends before its end-of-image marker')
    const code = asset[at + 1] as number
    if (code === 0xff) at++
    else if (code === 0 || (code >= 0xd0 && code <= 0xd7)) at += 2
    else return at
  }
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}

function malformed(what: string): C2paError {
  return new C2paError('malformed_image', `The JPEG is damaged: ${what}.`)
}
