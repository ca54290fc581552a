import type { AssetFormat, MediaType } from './asset-format.ts'
import { jpeg } from './jpeg.ts'
import { png } from './png.ts'

const FORMATS: readonly AssetFormat[] = [jpeg, png]

/** The format of an asset by its content; names and declared types are not asked. */
export function assetFormat(asset: Uint8Array): AssetFormat | undefined {
  return FORMATS.find((format) => format.recognizes(asset))
}

/** The media type of an asset that can be signed and verified, by its content. */
export function detectFormat(asset: Uint8Array): MediaType | undefined {
  return assetFormat(asset)?.mediaType
}
