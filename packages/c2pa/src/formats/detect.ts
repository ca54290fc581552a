import { C2paError } from '../c2pa-error.ts'
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

/** Whether the asset holds a manifest store, whatever it is worth. Throws C2paError for a file of another format, or broken. */
export async function hasManifest(asset: Uint8Array): Promise<boolean> {
  const format = assetFormat(asset)
  if (!format) throw new C2paError('unsupported_format', 'The file is neither a JPEG nor a PNG image.')
  return format.inspect(asset).manifestStore !== undefined
}
