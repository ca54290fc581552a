/** PNG, ISO/IEC 15948; the manifest store stands in one `caBX` chunk. C2PA 2.2 A.3.2. */
import { equalBytes } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import type { AssetFormat, AssetLayout, ByteRange } from './asset-format.ts'
import { crc32 } from './crc32.ts'

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
/** Length, type and CRC around the data of a chunk. */
const OVERHEAD = 12
const CABX = Uint8Array.of(0x63, 0x61, 0x42, 0x58)
const AFTER_HEADER = SIGNATURE.length + OVERHEAD + 13

export const png: AssetFormat = {
  mediaType: 'image/png',
  recognizes: (asset) => equalBytes(asset.subarray(0, SIGNATURE.length), SIGNATURE),
  inspect,
}

type Chunk = { readonly type: string; readonly data: Uint8Array; readonly range: ByteRange }

function inspect(asset: Uint8Array): AssetLayout {
  const found: Found = {}
  const damage = walk(asset, found)
  const { manifestStore } = found
  if (damage && (!manifestStore || damage.code !== 'malformed_image')) throw damage
  return {
    ...(manifestStore ? { manifestStore } : {}),
    ...(damage ? { damage } : {}),
    insertionPoint: AFTER_HEADER,
    containerLength: (storeLength) => storeLength + OVERHEAD,
    writeContainer,
  }
}

type Found = { manifestStore?: NonNullable<AssetLayout['manifestStore']> }

/** From chunk to chunk up to IEND. The first wrong thing is given back; only a wrong checksum does not end the walk. */
function walk(asset: Uint8Array, found: Found): C2paError | undefined {
  const view = new DataView(asset.buffer, asset.byteOffset, asset.byteLength)
  let damage: C2paError | undefined
  let hasImageData = false
  try {
    for (let position = SIGNATURE.length; ; ) {
      const chunk = chunkAt(asset, view, position)
      if (position === SIGNATURE.length) checkHeader(chunk)
      else if (chunk.type === 'IHDR') throw malformed('it has two headers')
      if (!hasChecksum(chunk, asset, view))
        damage ??= malformed(`the CRC of its ${chunk.type} chunk at offset ${position} is wrong`)
      position += chunk.range.length
      if (chunk.type === 'IDAT') hasImageData = true
      if (chunk.type === 'caBX') {
        if (found.manifestStore)
          return new C2paError('multiple_manifest_stores', 'The PNG has two C2PA manifest stores.')
        found.manifestStore = { bytes: chunk.data, container: chunk.range }
      }
      if (chunk.type === 'IEND') break
    }
    if (!hasImageData) throw malformed('it has no image data')
    return damage
  } catch (error) {
    if (error instanceof C2paError) return damage ?? error
    throw error
  }
}

function chunkAt(asset: Uint8Array, view: DataView, start: number): Chunk {
  if (start + OVERHEAD > asset.length) throw malformed(`it ends before its IEND chunk, at offset ${start}`)
  const length = view.getUint32(start)
  const type = chunkType(view.getUint32(start + 4))
  if (type === undefined) throw malformed(`there is no chunk at offset ${start}`)
  if (start + OVERHEAD + length > asset.length) throw malformed(`it ends inside the ${type} chunk at offset ${start}`)
  return { type, data: asset.subarray(start + 8, start + 8 + length), range: { start, length: OVERHEAD + length } }
}

/** The type that most chunks of a large image have, as a number: its text need not be made each time. */
const IDAT = 0x49444154

/** Four letters; undefined for anything else. */
function chunkType(number: number): string | undefined {
  if (number === IDAT) return 'IDAT'
  const text = String.fromCharCode(number >>> 24, (number >>> 16) & 0xff, (number >>> 8) & 0xff, number & 0xff)
  return /^[A-Za-z]{4}$/.test(text) ? text : undefined
}

/** The CRC of image data takes as long as the hash of the file, and what it finds a decoder finds: it is left to decoders. */
function hasChecksum({ type, range }: Chunk, asset: Uint8Array, view: DataView): boolean {
  const end = range.start + range.length - 4
  return type === 'IDAT' || type === 'fdAT' || crc32(asset.subarray(range.start + 4, end)) === view.getUint32(end)
}

/** Width, height, bit depth, colour type, compression, filter, interlace. §11.2.2. */
function checkHeader({ type, data }: Chunk): void {
  if (type !== 'IHDR' || data.length !== 13) throw malformed('it does not begin with an IHDR chunk')
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  if (view.getUint32(0) === 0 || view.getUint32(4) === 0) throw malformed('its width or height is zero')
}

function writeContainer(target: Uint8Array, position: number, store: Uint8Array): void {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength)
  view.setUint32(position, store.length)
  target.set(CABX, position + 4)
  target.set(store, position + 8)
  const end = position + 8 + store.length
  view.setUint32(end, crc32(target.subarray(position + 4, end)))
}

function malformed(what: string): C2paError {
  return new C2paError('malformed_image', `The PNG is damaged: ${what}.`)
}
