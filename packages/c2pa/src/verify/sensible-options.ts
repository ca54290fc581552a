/** Options that make no sense: what a caller in JavaScript gets wrong is told in its words. */
import { C2paError } from '../c2pa-error.ts'
import type { Asset } from '../formats/asset.ts'
import type { VerifyOptions } from './verify.ts'

const LISTS = ['trust', 'tsaTrust', 'allowed', 'identityTrust'] as const
const NEEDED: readonly string[] = ['trust', 'tsaTrust']

/** Throws C2paError `invalid_option` for an asset or options of other types than are stated. */
export function checkOptions(asset: Asset, options: VerifyOptions): void {
  if (!isAsset(asset)) throw invalid('The asset is a Uint8Array, a Blob or an AssetReader.')
  const now: unknown = options.now
  if (Object.prototype.toString.call(now) !== '[object Date]' || Number.isNaN(Number(now)))
    throw invalid('now is no moment in time.')
  for (const name of LISTS) {
    const list: unknown = options[name]
    if (list === undefined && !NEEDED.includes(name)) continue
    if (!Array.isArray(list) || !list.every(isBytes))
      throw invalid(`${name} is no list of certificates, each its DER in a Uint8Array.`)
  }
  if (options.manifestStore !== undefined && !isBytes(options.manifestStore))
    throw invalid('manifestStore is no Uint8Array.')
}

/** Whatever realm the array is from. */
function isBytes(value: unknown): boolean {
  return ArrayBuffer.isView(value) && 'BYTES_PER_ELEMENT' in value && value.BYTES_PER_ELEMENT === 1
}

function isAsset(value: unknown): boolean {
  return isBytes(value) || (typeof value === 'object' && value !== null && ('arrayBuffer' in value || 'read' in value))
}

function invalid(message: string): C2paError {
  return new C2paError('invalid_option', message)
}
