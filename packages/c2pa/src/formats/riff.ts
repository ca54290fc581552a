/** WebP, WAV and AVI: RIFF files, in which the manifest store is the last chunk, `C2PA`. C2PA 2.2 A.3.6. */
import { latin1Text, utf8Bytes } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'
import {
  type AssetFormat,
  type AssetLayout,
  type ByteRange,
  checkStoreLength,
  type Embedding,
  type HashBox,
  lengthOfParts,
  type MediaType,
  type Part,
  rangesWithout,
  type Visit,
} from './asset-format.ts'
import { type FileOffset, fileOffsets } from './avi-index.ts'
import {
  CHUNK_HEADER,
  type Chunk,
  ELSEWHERE,
  eachChunk,
  MOST_CHUNKS,
  malformed,
  uint32Bytes,
  uint64Bytes,
} from './riff-chunks.ts'
import { FORM_HEADER, type Form, formAt, furtherForms, isForm } from './riff-form.ts'

const STORE_ID = utf8Bytes('C2PA')

type Kind = {
  readonly name: string
  readonly mediaType: MediaType
  /** The type of its form. */
  readonly form: string
  /** What it has: a chunk of each of these. */
  readonly contents: readonly (readonly string[])[]
}

/** WebP, RFC 9649. */
export const webp: AssetFormat = riff({
  name: 'WebP',
  mediaType: 'image/webp',
  form: 'WEBP',
  contents: [['VP8 ', 'VP8L', 'ANMF']],
})

/** WAV and BWF, of any length. EBU Tech 3285 and 3306, ITU-R BS.2088. */
export const wav: AssetFormat = riff({
  name: 'WAV',
  mediaType: 'audio/wav',
  form: 'WAVE',
  contents: [['fmt '], ['data']],
})

/** AVI, with OpenDML's extensions for long ones. */
export const avi: AssetFormat = riff({
  name: 'AVI',
  mediaType: 'video/avi',
  form: 'AVI ',
  contents: [['hdrl'], ['movi']],
})

function riff(kind: Kind): AssetFormat {
  return {
    name: kind.name,
    recognizes: (head) =>
      isForm(latin1Text(head.subarray(0, 4))) && latin1Text(head.subarray(8, 12)) === kind.form
        ? kind.mediaType
        : undefined,
    inspect: (source) => inspect(source, kind),
    metadata,
    boxes,
  }
}

type Found = {
  manifestStore?: NonNullable<AssetLayout['manifestStore']>
  /** The store's chunk with its padding. */
  removed?: ByteRange
}

function* inspect(source: Source, kind: Kind): Walk<AssetLayout> {
  const found: Found = {}
  const form = yield* formAt(source, 0)
  let damage = yield* fromChunkToChunk(source, form, kind, found)
  const { manifestStore } = found
  const removed = found.removed ?? { start: form.end, length: 0 }
  let offsets: readonly FileOffset[] = []
  try {
    if ((yield* furtherForms(source, form)).length > 0) offsets = yield* fileOffsets(source, form)
  } catch (error) {
    if (!(error instanceof C2paError)) throw error
    damage ??= error
  }
  if (damage && (!manifestStore || damage.code !== 'malformed_asset')) throw damage
  return {
    mediaType: kind.mediaType,
    ...(manifestStore ? { manifestStore } : {}),
    ...(damage ? { damage } : {}),
    embedding: embedding(source.length, form, removed, offsets),
  }
}

/** All chunks of the form; what is wrong on the way ends the walk and is given back. */
function* fromChunkToChunk(source: Source, form: Form, kind: Kind, found: Found): Walk<C2paError | undefined> {
  const names = new Set<string>()
  try {
    const visit = function* (chunk: Chunk): Walk<boolean> {
      names.add(chunk.name)
      if (chunk.name === 'C2PA' && !chunk.isList) yield* takeStore(source, chunk, kind, found)
      return true
    }
    yield* eachChunk(source, FORM_HEADER, form.end, visit, form.longLengths)
    if (form.isCut) throw malformed('it is shorter than it states')
    const missing = kind.contents.find((some) => !some.some((name) => names.has(name)))
    if (missing) throw malformed(`it has no ${missing.map((name) => name.trim()).join(' or ')} chunk`)
    return undefined
  } catch (error) {
    if (error instanceof C2paError) return error
    throw error
  }
}

function* takeStore(source: Source, { start, data, end }: Chunk, kind: Kind, found: Found): Walk<void> {
  if (found.manifestStore)
    throw new C2paError('multiple_manifest_stores', `The ${kind.name} has two C2PA manifest stores.`)
  checkStoreLength(data.length)
  const bytes = (source.peek(data.start, data.length) ?? (yield data)).subarray(0, data.length)
  const dataEnd = data.start + data.length
  const isPadded = end > dataEnd && (source.peek(dataEnd, 1) ?? (yield { start: dataEnd, length: 1 }))[0] === 0
  const container = { start, length: CHUNK_HEADER + data.length }
  found.manifestStore = { bytes, container: isPadded ? { ...container, padding: 1 } : container }
  found.removed = { start, length: end - start }
}

/** The new chunk goes to the end of the form, whose length changes; its padding is outside of the container, as c2pa-rs has it. */
function embedding(
  assetLength: number,
  { end, length }: Form,
  removed: ByteRange,
  offsets: readonly FileOffset[],
): Embedding {
  const content = rangesWithout(removed, 0, end)
  const missingPadding = new Uint8Array(lengthOfParts(content) & 1)
  const position = lengthOfParts(content) + missingPadding.length
  const moved = (offset: number, containerLength: number): number => {
    const isBehind = offset >= removed.start + removed.length
    if (offset >= end) return offset - end + position + containerLength + (containerLength & 1)
    return isBehind ? offset - removed.length : offset
  }
  return {
    position,
    containerLength: (storeLength) => CHUNK_HEADER + storeLength,
    surroundings(containerLength) {
      const padding = new Uint8Array(containerLength & 1)
      const patches = [
        { at: length.start, bytes: lengthBytes(length, position + containerLength + padding.length - CHUNK_HEADER) },
        ...offsets.map(({ at, offset }) => ({ at, bytes: uint64Bytes(moved(offset, containerLength)) })),
      ]
      const behind = { start: end, length: assetLength - end }
      const parts = {
        before: [...patched(content, patches), missingPadding],
        after: [padding, ...patched([behind], patches)],
      }
      const isThere = (part: Part): boolean => part.length > 0
      return { before: parts.before.filter(isThere), after: parts.after.filter(isThere) }
    },
    writeContainer(target, at, store) {
      target.set(STORE_ID, at)
      target.set(uint32Bytes(store.length), at + 4)
      target.set(store, at + CHUNK_HEADER)
    },
  }
}

function lengthBytes({ length }: ByteRange, stated: number): Uint8Array {
  if (length === 8) return uint64Bytes(stated)
  if (stated < ELSEWHERE) return uint32Bytes(stated)
  throw new C2paError('too_large', 'With a manifest store the file is too long for RIFF, whose length has 32 bits.')
}

type Patch = { readonly at: number; readonly bytes: Uint8Array }

/** The ranges, with other bytes where there are patches: in order, each inside one range or none. */
function patched(ranges: readonly ByteRange[], patches: readonly Patch[]): Part[] {
  return ranges.flatMap(({ start, length }) => {
    const end = start + length
    const parts: Part[] = []
    let position = start
    for (const { at, bytes } of patches) {
      if (at < position || at + bytes.length > end) continue
      parts.push({ start: position, length: at - position }, bytes)
      position = at + bytes.length
    }
    return [...parts, { start: position, length: end - position }]
  })
}

/** Exif and XMP of WebP; broadcast extension, XML, ID3 and XMP of WAV and AVI. */
const METADATA_CHUNKS = ['EXIF', 'XMP ', '_PMX', 'bext', 'iXML', 'axml', 'id3 ', 'ID3 ']
/** Lists of texts, each in a chunk: title, artist, software, date and so on. */
const METADATA_LISTS = ['INFO', 'exif']

function* metadata(source: Source, visit: Visit): Walk<void> {
  const inList = ({ data }: Chunk): boolean => visit(data)
  const inForm = function* ({ name, isList, data }: Chunk): Walk<boolean> {
    if (!isList) return !METADATA_CHUNKS.includes(name) || visit(data)
    if (!METADATA_LISTS.includes(name)) return true
    const end = data.start + data.length
    return (yield* eachChunk(source, data.start, end, inList)) === end
  }
  try {
    const form = yield* formAt(source, 0)
    yield* eachChunk(source, FORM_HEADER, form.end, inForm, form.longLengths)
  } catch (error) {
    if (!(error instanceof C2paError)) throw error
  }
}

/** Each form's header by its type, then its chunks with their padding; a LIST is one box, by its type. C2PA 2.2 §18.7.3.5. */
function* boxes(source: Source): Walk<readonly HashBox[]> {
  const found: HashBox[] = []
  const visit = ({ name, start, end }: Chunk): boolean => {
    // Of all forms together: an AVI may have many.
    if (found.length > MOST_CHUNKS) throw malformed(`it has more than ${MOST_CHUNKS} chunks`)
    return found.push({ name, start, length: end - start }) > 0
  }
  const first = yield* formAt(source, 0)
  for (const form of [{ ...first, start: 0 }, ...(yield* furtherForms(source, first))]) {
    found.push({ name: form.type, start: form.start, length: FORM_HEADER })
    yield* eachChunk(source, form.start + FORM_HEADER, form.end, visit, form.longLengths)
  }
  return found
}
