/** PNG, ISO/IEC 15948; the manifest store stands in one `caBX` chunk. C2PA 2.2 A.3.2. */
import { equalBytes, latin1Text } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'
import {
  type AssetFormat,
  type AssetLayout,
  type ByteRange,
  checkStoreLength,
  embeddingAt,
  type HashBox,
  type Visit,
} from './asset-format.ts'
import { crc32 } from './crc32.ts'

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
/** Length, type and CRC around the data of a chunk. */
const OVERHEAD = 12
const CABX = Uint8Array.of(0x63, 0x61, 0x42, 0x58)
const AFTER_HEADER = SIGNATURE.length + OVERHEAD + 13

export const png: AssetFormat = {
  name: 'PNG',
  recognizes: (head) => (equalBytes(head.subarray(0, SIGNATURE.length), SIGNATURE) ? 'image/png' : undefined),
  inspect,
  metadata,
  boxes,
}

/** `start` is where its length stands. */
type Chunk = { readonly type: string; readonly start: number; readonly end: number; readonly data: ByteRange }

function* inspect(source: Source): Walk<AssetLayout> {
  const found: Found = {}
  const damage = yield* fromChunkToChunk(source, found)
  const { manifestStore } = found
  if (damage && (!manifestStore || damage.code !== 'malformed_asset')) throw damage
  return {
    mediaType: 'image/png',
    ...(manifestStore ? { manifestStore } : {}),
    ...(damage ? { damage } : {}),
    embedding: embeddingAt(AFTER_HEADER, source.length, manifestStore?.container, {
      containerLength: (storeLength) => storeLength + OVERHEAD,
      writeContainer,
    }),
  }
}

type Found = { manifestStore?: NonNullable<AssetLayout['manifestStore']> }

/** Up to IEND. The first wrong thing is given back; only a wrong checksum does not end the walk. */
function* fromChunkToChunk(source: Source, found: Found): Walk<C2paError | undefined> {
  let damage: C2paError | undefined
  let hasImageData = false
  try {
    for (let position = SIGNATURE.length; ; ) {
      if (position + OVERHEAD > source.length) throw malformed(`it ends before its IEND chunk, at offset ${position}`)
      const chunk = chunkAt(source.peek(position, 8) ?? (yield { start: position, length: 8 }), position, source.length)
      if (position === SIGNATURE.length) yield* checkHeader(source, chunk)
      else if (chunk.type === 'IHDR') throw malformed('it has two headers')
      if (isChecked(chunk) && !(yield* hasChecksum(source, chunk)))
        damage ??= malformed(`the CRC of its ${chunk.type} chunk at offset ${position} is wrong`)
      position = chunk.end
      if (chunk.type === 'IDAT') hasImageData = true
      if (chunk.type === 'caBX') {
        if (found.manifestStore)
          return new C2paError('multiple_manifest_stores', 'The PNG has two C2PA manifest stores.')
        checkStoreLength(chunk.data.length)
        const container = { start: chunk.start, length: chunk.end - chunk.start }
        found.manifestStore = { bytes: yield* dataOf(source, chunk), container }
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

function chunkAt(header: Uint8Array, start: number, assetLength: number): Chunk {
  const length = uint32(header, 0)
  const type = chunkType(uint32(header, 4))
  if (type === undefined) throw malformed(`there is no chunk at offset ${start}`)
  const end = start + OVERHEAD + length
  if (end > assetLength) throw malformed(`it ends inside the ${type} chunk at offset ${start}`)
  return { type, start, end, data: { start: start + 8, length } }
}

function* dataOf(source: Source, { data }: Chunk): Walk<Uint8Array> {
  return (source.peek(data.start, data.length) ?? (yield data)).subarray(0, data.length)
}

function uint32(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
  return high * 0x10000 + (((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number))
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
function isChecked({ type }: Chunk): boolean {
  return type !== 'IDAT' && type !== 'fdAT'
}

function* hasChecksum(source: Source, { start, end }: Chunk): Walk<boolean> {
  const stop = end - 4
  let crc = 0
  for (let at = start + 4; at < stop; ) {
    const bytes = (source.peek(at, 1) ?? (yield { start: at, length: 1 })).subarray(0, stop - at)
    crc = crc32(bytes, crc)
    at += bytes.length
  }
  return crc === uint32(source.peek(stop, 4) ?? (yield { start: stop, length: 4 }), 0)
}

/** Width, height, bit depth, colour type, compression, filter, interlace. §11.2.2. */
function* checkHeader(source: Source, chunk: Chunk): Walk<void> {
  if (chunk.type !== 'IHDR' || chunk.data.length !== 13) throw malformed('it does not begin with an IHDR chunk')
  const data = yield* dataOf(source, chunk)
  if (uint32(data, 0) === 0 || uint32(data, 4) === 0) throw malformed('its width or height is zero')
}

function writeContainer(target: Uint8Array, position: number, store: Uint8Array): void {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength)
  view.setUint32(position, store.length)
  target.set(CABX, position + 4)
  target.set(store, position + 8)
  const end = position + 8 + store.length
  view.setUint32(end, crc32(target.subarray(position + 4, end)))
}

const METADATA_CHUNKS = ['eXIf', 'iTXt', 'tEXt', 'tIME', 'zTXt']

function* metadata(source: Source, visit: Visit): Walk<void> {
  for (let position = SIGNATURE.length; position + OVERHEAD <= source.length; ) {
    const header = source.peek(position, 8) ?? (yield { start: position, length: 8 })
    const length = uint32(header, 0)
    if (position + OVERHEAD + length > source.length) break
    const type = latin1Text(header.subarray(4, 8))
    if (type === 'IEND') break
    // The checksum goes with the data: it can't stay right when they change.
    if (METADATA_CHUNKS.includes(type) && !visit({ start: position + 8, length: length + 4 })) break
    position += OVERHEAD + length
  }
}

/** As many chunks as a box hash can be made of. */
const MOST_BOXES = 250_000

/** The signature, then each chunk by its type. C2PA 2.2 §18.7.3.2. */
function* boxes(source: Source): Walk<readonly HashBox[]> {
  const { manifestStore } = yield* inspect(source)
  const found: HashBox[] = [{ name: 'PNGh', start: 0, length: SIGNATURE.length }]
  for (let position = SIGNATURE.length; ; ) {
    if (found.length === MOST_BOXES) throw malformed(`it has more than ${MOST_BOXES} chunks`)
    if (position + OVERHEAD > source.length) throw malformed(`it ends before its IEND chunk, at offset ${position}`)
    const chunk = chunkAt(source.peek(position, 8) ?? (yield { start: position, length: 8 }), position, source.length)
    const isStore = position === manifestStore?.container.start
    found.push({ name: isStore ? 'C2PA' : chunk.type, start: position, length: chunk.end - position })
    if (chunk.type === 'IEND') return found
    position = chunk.end
  }
}

function malformed(what: string): C2paError {
  return new C2paError('malformed_asset', `The PNG is damaged: ${what}.`)
}
