/** Manifests that stand elsewhere. C2PA 2.2 §15.5.3.1. */
import { latin1Text, utf8Bytes } from '@countersign/codec'

const KEY = utf8Bytes('dcterms:provenance')
const LONGEST = 2048

/** The URL that an asset's XMP names for its manifest store; undefined where there is none. */
export function remoteManifestUrl(asset: Uint8Array): string | undefined {
  for (let position = 0; ; position++) {
    position = asset.indexOf(KEY[0] as number, position)
    if (position < 0) return undefined
    if (!KEY.every((byte, index) => asset[position + index] === byte)) continue
    const text = latin1Text(asset.subarray(position + KEY.length, position + KEY.length + LONGEST))
    const url = /^\s*=\s*["']([^"']+)["']|^\s*>([^<]+)</.exec(text)
    return url?.[1] ?? url?.[2]
  }
}
