/** JPEG XL, ISO/IEC 18181-2: boxes around a codestream, or the codestream alone; the manifest store is one of the boxes. C2PA 2.2 A.3.8. */
import { decodeHex, encodeHex, equalBytes, latin1Text, ReadError, Reader, utf8Bytes } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import { MANIFEST_STORE } from '../jumbf/content-type.ts'
import type { Source, Walk } from './asset.ts'
import {
  type AssetFormat,
  type AssetLayout,
  type ByteRange,
  checkStoreLength,
  type Embedding,
  embeddingAt,
  type HashBox,
  lengthOfParts,
  type Visit,
} from './asset-format.ts'

/** The box that every file begins with, and the one that has to follow. §9.1 and §9.2. */
const SIGNATURE = decodeHex('0000000c4a584c200d0a870a')
const FILE_TYPE = decodeHex('00000014667479706a786c20000000006a786c20')
/** What a codestream begins with. ISO/IEC 18181-1 D.1. */
const CODESTREAM = Uint8Array.of(0xff, 0x0a)

const MOST_BOXES = 65_536

export const jxl: AssetFormat = {
  name: 'JPEG XL',
  recognizes: (head) => (isContainer(head) || startsWith(head, CODESTREAM) ? 'image/jxl' : undefined),
  inspect,
  metadata,
  boxes,
}

/** One box of the outermost level. */
type Box = ByteRange & { readonly type: string; readonly payload: ByteRange }

function* inspect(source: Source): Walk<AssetLayout> {
  if (!(yield* hasContainer(source))) return { mediaType: 'image/jxl', embedding: wrapping(source.length) }
  const found: Box[] = []
  const damage = (yield* fromBoxToBox(source, found)) ?? structureFault(found)
  const stores: Box[] = []
  for (const box of found) if (yield* isManifestStore(source, box)) stores.push(box)
  if (stores.length > 1) throw new C2paError('multiple_manifest_stores', 'The JPEG XL has two C2PA manifest stores.')
  const [store] = stores
  if (damage && !store) throw damage
  const container = store && { start: store.start, length: store.length }
  return {
    mediaType: 'image/jxl',
    ...(container ? { manifestStore: { bytes: yield* bytesAt(source, container), container } } : {}),
    ...(damage ? { damage } : {}),
    embedding: embeddingAt(insertionPoint(found), source.length, container, storeBox),
  }
}

/** The store is a box as it is. */
const storeBox: Pick<Embedding, 'containerLength' | 'writeContainer'> = {
  containerLength: (storeLength) => storeLength,
  writeContainer: (target, position, store) => target.set(store, position),
}

/** A codestream alone can't hold a manifest store: it is put into boxes, and stays as it is inside. */
function wrapping(length: number): Embedding {
  const before = [SIGNATURE, FILE_TYPE]
  const after = [codestreamHeader(length), { start: 0, length }]
  return { ...storeBox, position: lengthOfParts(before), surroundings: () => ({ before, after }) }
}

function codestreamHeader(length: number): Uint8Array {
  const isLong = length + 8 > 0xffffffff
  const header = new Uint8Array(isLong ? 16 : 8)
  const view = new DataView(header.buffer)
  view.setUint32(0, isLong ? 1 : length + 8)
  header.set(utf8Bytes('jxlc'), 4)
  if (isLong) view.setBigUint64(8, BigInt(length + 16))
  return header
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return equalBytes(bytes.subarray(0, start.length), start)
}

function isContainer(head: Uint8Array): boolean {
  return startsWith(head, SIGNATURE)
}

function* hasContainer(source: Source): Walk<boolean> {
  const length = Math.min(source.length, SIGNATURE.length)
  return isContainer(source.peek(0, length) ?? (yield { start: 0, length }))
}

/** To the end of the file; the first wrong thing ends the walk and is given back. */
function* fromBoxToBox(source: Source, found: Box[]): Walk<C2paError | undefined> {
  try {
    for (let position = 0; position < source.length; ) {
      if (found.length === MOST_BOXES) throw malformed(`it has more than ${MOST_BOXES} boxes`)
      const box = yield* boxAt(source, position)
      found.push(box)
      position += box.length
    }
    return undefined
  } catch (error) {
    if (error instanceof C2paError) return error
    throw error
  }
}

/** ISO/IEC 18181-2 §9: a length of 1 is followed by the real one in 64 bits, and 0 stands for all the rest. */
function* boxAt(source: Source, start: number): Walk<Box> {
  const left = source.length - start
  const most = Math.min(left, 16)
  const reader = new Reader((source.peek(start, most) ?? (yield { start, length: most })).subarray(0, most))
  try {
    const short = reader.uint32()
    const type = latin1Text(reader.take(4))
    const length = short === 0 ? left : short === 1 ? reader.uint64() : short
    const header = reader.position
    if (length < header) throw malformed(`a box of length ${length} at offset ${start}`)
    if (length > left) throw malformed(`it ends inside the box at offset ${start}`)
    return { type, start, length, payload: { start: start + header, length: length - header } }
  } catch (error) {
    if (error instanceof ReadError) throw malformed(`it ends inside the header of a box at offset ${start}`)
    throw error
  }
}

function structureFault(found: readonly Box[]): C2paError | undefined {
  if (found[1]?.type !== 'ftyp') return malformed('its second box is not ftyp')
  return found.some(({ type }) => type === 'jxlc' || type === 'jxlp') ? undefined : malformed('it has no codestream')
}

/** Behind the file type, and behind the level, which has to follow on it. §9.2 and §9.3. */
function insertionPoint([, fileType, next]: readonly Box[]): number {
  const last = next?.type === 'jxll' ? next : fileType
  return last ? last.start + last.length : SIGNATURE.length
}

/** Length, `jumd`, the type's UUID: what the description box of a manifest store begins with. */
const DESCRIPTION = 24

function* isManifestStore(source: Source, { type, payload }: Box): Walk<boolean> {
  if (type !== 'jumb' || payload.length < DESCRIPTION) return false
  const bytes = yield* bytesAt(source, { start: payload.start, length: DESCRIPTION })
  return latin1Text(bytes.subarray(4, 8)) === 'jumd' && encodeHex(bytes.subarray(8)) === MANIFEST_STORE
}

function* bytesAt(source: Source, { start, length }: ByteRange): Walk<Uint8Array> {
  checkStoreLength(length)
  return (source.peek(start, length) ?? (yield { start, length })).subarray(0, length)
}

const METADATA_BOXES = ['Exif', 'xml ']

/** Exif and XMP, and those that are compressed: what stands before their compressed bytes tells of which type they are. §9.5 to §9.7. */
function* metadata(source: Source, visit: Visit): Walk<void> {
  if (!(yield* hasContainer(source))) return
  const found: Box[] = []
  yield* fromBoxToBox(source, found)
  for (const { type, payload } of found) {
    const isCompressed = type === 'brob' && payload.length >= 4
    const kind = isCompressed ? latin1Text(yield* bytesAt(source, { start: payload.start, length: 4 })) : type
    const skipped = isCompressed ? 4 : 0
    const content = { start: payload.start + skipped, length: payload.length - skipped }
    if (METADATA_BOXES.includes(kind) && !visit(content)) return
  }
}

/** By their types; throws C2paError for a file that is not all boxes. */
function* boxes(source: Source): Walk<readonly HashBox[]> {
  if (!(yield* hasContainer(source))) throw malformed('it is a codestream without boxes')
  const found: Box[] = []
  const damage = yield* fromBoxToBox(source, found)
  if (damage) throw damage
  const named: HashBox[] = []
  for (const box of found) {
    const isStore = yield* isManifestStore(source, box)
    named.push({ name: isStore ? 'C2PA' : box.type, start: box.start, length: box.length })
  }
  return named
}

function malformed(what: string): C2paError {
  return new C2paError('malformed_asset', `The JPEG XL is damaged: ${what}.`)
}
