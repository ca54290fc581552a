import { C2paError } from '../c2pa-error.ts'
import { type Asset, headOf, walk } from './asset.ts'
import type { AssetFormat, MediaType } from './asset-format.ts'
import { bmff } from './bmff.ts'
import { gif } from './gif.ts'
import { jpeg } from './jpeg.ts'
import { jxl } from './jxl.ts'
import { flac, mp3 } from './mp3.ts'
import { pdf } from './pdf.ts'
import { png } from './png.ts'
import { avi, wav, webp } from './riff.ts'
import { sidecar } from './sidecar.ts'
import { svg } from './svg.ts'
import { tiff } from './tiff.ts'

const FORMATS: readonly AssetFormat[] = [jpeg, png, webp, gif, tiff, svg, jxl, bmff, avi, wav, flac, mp3, sidecar, pdf]

/** The format of an asset by its content; names and declared types are not asked. */
export function assetFormat(head: Uint8Array): AssetFormat | undefined {
  return FORMATS.find((format) => format.recognizes(head) !== undefined)
}

/** The media type of an asset by its content, of which the first 4096 bytes are enough; undefined for one that is not read here. */
export function detectFormat(head: Uint8Array): MediaType | undefined {
  return assetFormat(head)?.recognizes(head)
}

/** The formats that are signed as well as read, by the names that people call them. */
export const signableFormats: readonly string[] = FORMATS.filter(({ isReadOnly }) => !isReadOnly).map(
  ({ name }) => name,
)

/** The format of an asset that can be signed; throws as `checkSignable` does. */
export function signableFormat(head: Uint8Array): AssetFormat {
  const format = assetFormat(head)
  if (format && !format.isReadOnly) return format
  const list = `${signableFormats.slice(0, -1).join(', ')} and ${signableFormats.at(-1)}`
  throw new C2paError('unsupported_format', `The file is of none of the formats that are signed here: ${list}.`)
}

/** Throws C2paError `unsupported_format`, with a sentence that lists them, for an asset of none of the formats that are signed here. */
export function checkSignable(head: Uint8Array): void {
  signableFormat(head)
}

/** Whether the asset holds a manifest store, whatever it is worth. Throws C2paError for a file of another format, or broken. */
export async function hasManifest(asset: Asset): Promise<boolean> {
  const format = assetFormat(await headOf(asset))
  if (!format) throw new C2paError('unsupported_format', 'The file is of no format that is read here.')
  return (await walk(asset, format.inspect)).manifestStore !== undefined
}
