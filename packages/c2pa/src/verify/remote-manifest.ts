/** Manifests that stand elsewhere. C2PA 2.2 §15.5.3.1. */
import { latin1Text, utf8Bytes } from '@countersign/codec'
import type { Source, Walk } from '../formats/asset.ts'

const KEY = utf8Bytes('dcterms:provenance')
const LONGEST = 2048

/** The URL that an asset's XMP names for its manifest store; undefined where there is none. */
export function* remoteManifestUrl(source: Source): Walk<string | undefined> {
  for (let start = 0; start + KEY.length <= source.length; ) {
    const bytes = source.peek(start, KEY.length) ?? (yield { start, length: KEY.length })
    const place = placeOfKey(bytes)
    if (place >= 0) return yield* urlAt(source, start + place + KEY.length)
    start += bytes.length - KEY.length + 1
  }
  return undefined
}

function placeOfKey(bytes: Uint8Array): number {
  let place = bytes.indexOf(KEY[0] as number)
  while (place >= 0 && !KEY.every((byte, index) => bytes[place + index] === byte))
    place = bytes.indexOf(KEY[0] as number, place + 1)
  return place
}

function* urlAt(source: Source, start: number): Walk<string | undefined> {
  const length = Math.min(LONGEST, source.length - start)
  const bytes = source.peek(start, length) ?? (yield { start, length })
  const url = /^\s*=\s*["']([^"']+)["']|^\s*>([^<]+)</.exec(latin1Text(bytes.subarray(0, length)))
  return url?.[1] ?? url?.[2]
}
