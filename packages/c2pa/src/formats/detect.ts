import { C2paError } from '../c2pa-error.ts'
import { type Asset, headOf, walk } from './asset.ts'
import type { AssetFormat, MediaType } from './asset-format.ts'
import { jpeg } from './jpeg.ts'
import { png } from './png.ts'

const FORMATS: readonly AssetFormat[] = [jpeg, png]

/** The format of an asset by its content; names and declared types are not asked. */
export function assetFormat(head: Uint8Array): AssetFormat | undefined {
  return FORMATS.find((format) => format.recognizes(head))
}

/** The media type of an asset that can be signed and verified, by its content, of which the first 64 bytes are enough. */
export function detectFormat(head: Uint8Array): MediaType | undefined {
  return assetFormat(head)?.mediaType
}

/** Whether the asset holds a manifest store, whatever it is worth. Throws C2paError for a file of another format, or broken. */
export async function hasManifest(asset: Asset): Promise<boolean> {
  const format = assetFormat(await headOf(asset))
  if (!format) throw new C2paError('unsupported_format', 'The file is neither a JPEG nor a PNG image.')
  return (await walk(asset, format.inspect)).manifestStore !== undefined
}
