/** A manifest store in a file of its own, beside the asset it is about. C2PA 2.2 §11.4. */
import { encodeHex, latin1Text } from '@countersign/codec'
import { MANIFEST_STORE } from '../jumbf/content-type.ts'
import type { Source, Walk } from './asset.ts'
import { type AssetFormat, type AssetLayout, checkStoreLength } from './asset-format.ts'

export const sidecar: AssetFormat = {
  name: 'C2PA manifest store',
  isReadOnly: true,
  recognizes: (head) => (isManifestStore(head) ? 'application/c2pa' : undefined),
  inspect,
}

/** A superbox, and in it the description of a manifest store. ISO/IEC 19566-5 §4.2. */
function isManifestStore(head: Uint8Array): boolean {
  const isLong = head[3] === 1
  const description = head.subarray(isLong ? 16 : 8)
  return (
    latin1Text(head.subarray(4, 8)) === 'jumb' &&
    latin1Text(description.subarray(4, 8)) === 'jumd' &&
    encodeHex(description.subarray(8, 24)) === MANIFEST_STORE
  )
}

/** The store fills nothing of an asset: a hash that left it out would hash nothing, and match everywhere. */
const NOWHERE = { start: 0, length: 0 }

function* inspect(source: Source): Walk<AssetLayout> {
  const { length } = source
  checkStoreLength(length)
  const bytes = source.peek(0, length) ?? (yield { start: 0, length })
  return { mediaType: 'application/c2pa', manifestStore: { bytes: bytes.subarray(0, length), container: NOWHERE } }
}
