/** The layout of an asset in memory, whatever its format. */
import { walk } from '../src/formats/asset.ts'
import type { AssetLayout } from '../src/formats/asset-format.ts'
import { assetFormat } from '../src/formats/detect.ts'

export function inspect(asset: Uint8Array): AssetLayout | undefined {
  const format = assetFormat(asset)
  return format && walk(asset, format.inspect)
}
