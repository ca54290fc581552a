/** The ID3v2 tag before MP3 and FLAC, versions 2.2 to 2.4; the manifest store is the object of a GEOB frame. C2PA 2.2 A.3.4. */
import { concatBytes, latin1Text, utf8Bytes } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import { type Source, type Walk, walk } from './asset.ts'
import { type AssetLayout, type ByteRange, checkStoreLength, type Part, type Visit } from './asset-format.ts'
import { framesOf, GEOB_TEXTS, type Id3Frame, type Id3Version, malformedId3, objectOf } from './id3-frame.ts'

/** id3v2.4.0-structure §3.1: all but the frames. */
export type Id3Tag = {
  readonly version: Id3Version
  /** 0x80: unsynchronised, 0x40: with an extended header, 0x10: with a footer. */
  readonly flags: number
  /** Without header, with footer. */
  readonly body: ByteRange
  /** Where what follows the tag begins. */
  readonly end: number
}

export const ID3_HEADER = 10
const UNSYNCHRONISED = 0x80
const EXTENDED = 0x40
const FOOTER = 0x10

/** The tag that these first bytes begin with. */
export function id3Tag(head: Uint8Array): Id3Tag | undefined {
  const version = head[3]
  if (head.length < ID3_HEADER || latin1Text(head.subarray(0, 3)) !== 'ID3') return undefined
  if (version !== 2 && version !== 3 && version !== 4) return undefined
  const flags = head[5] as number
  const size = synchsafe(head, 6)
  if (size === undefined) return undefined
  const hasFooter = version === 4 && (flags & FOOTER) !== 0
  const body = { start: ID3_HEADER, length: size }
  return { version, flags, body, end: ID3_HEADER + size + (hasFooter ? ID3_HEADER : 0) }
}

/** What a tag holds: the manifest store, the text of its other frames, and what of it is kept when a store goes in. */
export type Id3Content = {
  readonly manifestStore?: NonNullable<AssetLayout['manifestStore']>
  readonly metadata: readonly ByteRange[]
  readonly kept: readonly Part[]
}

/** Reads the frames; throws C2paError for a tag that is none. */
export function* id3Content(source: Source, tag: Id3Tag): Walk<Id3Content> {
  if (tag.end > source.length) throw malformedId3('it is longer than the file')
  const isWhole = tag.version < 4 && (tag.flags & UNSYNCHRONISED) !== 0
  return isWhole ? yield* synchronisedContent(source, tag) : yield* contentOf(source, tag)
}

function* contentOf(source: Source, tag: Id3Tag): Walk<Id3Content> {
  const end = tag.body.start + tag.body.length
  const start = yield* skipExtendedHeader(source, tag, tag.body.start)
  const frames = yield* framesOf(source, tag.version, start, end)
  const isUnsynchronised = (tag.flags & UNSYNCHRONISED) !== 0
  const found = yield* manifestOf(source, frames, isUnsynchronised)
  return {
    ...(found ? { manifestStore: found.manifestStore } : {}),
    metadata: frames.filter(({ id }) => isText(id)).map(({ content }) => content),
    kept: frames.filter((frame) => frame !== found?.frame).flatMap((frame) => keptParts(frame, isUnsynchronised)),
  }
}

/** Where all frames are unsynchronised each is marked to be: the one that joins them is not. */
function keptParts({ start, end, flagsAt, flags }: Id3Frame, isUnsynchronised: boolean): Part[] {
  if (!isUnsynchronised) return [{ start, length: end - start }]
  const behind = flagsAt + 2
  return [
    { start, length: flagsAt + 1 - start },
    Uint8Array.of((flags & 0xff) | 0x02),
    { start: behind, length: end - behind },
  ]
}

/** A tag that is unsynchronised as a whole is read as a whole. */
const MOST_SYNCHRONISED = 64 * 1024 * 1024

/** Its frames have the lengths that they have without unsynchronisation, and so it goes. id3v2.3.0 §5. */
function* synchronisedContent(source: Source, tag: Id3Tag): Walk<Id3Content> {
  const { start, length } = tag.body
  if (length > MOST_SYNCHRONISED) throw new C2paError('too_large', 'The ID3 tag is too long to be synchronised.')
  const raw = (source.peek(start, length) ?? (yield tag.body)).subarray(0, length)
  const bytes = synchronised(raw)
  const plain = { ...tag, flags: tag.flags & ~UNSYNCHRONISED, body: { start: 0, length: bytes.length } }
  const { manifestStore, kept } = walk(bytes, (inner) => contentOf(inner, plain))
  const { container } = manifestStore ?? {}
  return {
    ...(manifestStore && container
      ? { manifestStore: { bytes: manifestStore.bytes, container: rawRange(raw, container, start) } }
      : {}),
    metadata: [],
    kept: kept.map((part) => (part instanceof Uint8Array ? part : bytes.slice(part.start, part.start + part.length))),
  }
}

/** Every 0xFF that a zero follows loses that zero. id3v2.4.0-structure §6.1. */
export function synchronised(bytes: Uint8Array): Uint8Array {
  const plain = new Uint8Array(bytes.length)
  let length = 0
  for (let at = 0; at < bytes.length; at++) {
    plain[length++] = bytes[at] as number
    if (bytes[at] === 0xff && bytes[at + 1] === 0) at++
  }
  return plain.slice(0, length)
}

/** Where a range of synchronised bytes stands in those that are not. */
function rawRange(raw: Uint8Array, { start, length }: ByteRange, offset: number): ByteRange {
  let index = 0
  let first = 0
  for (let at = 0; at < raw.length; at++) {
    if (index === start) first = at
    if (index === start + length) return { start: offset + first, length: at - first }
    index++
    if (raw[at] === 0xff && raw[at + 1] === 0) at++
  }
  return { start: offset + first, length: raw.length - first }
}

type FoundManifest = {
  readonly frame: Id3Frame
  readonly manifestStore: NonNullable<AssetLayout['manifestStore']>
}

function* manifestOf(
  source: Source,
  frames: readonly Id3Frame[],
  isUnsynchronised: boolean,
): Walk<FoundManifest | undefined> {
  let found: FoundManifest | undefined
  for (const frame of frames) {
    const container = yield* objectOf(source, frame)
    if (!container) continue
    if (found) throw new C2paError('multiple_manifest_stores', 'The ID3 tag has two C2PA manifest stores.')
    checkStoreLength(container.length)
    const raw = (source.peek(container.start, container.length) ?? (yield container)).subarray(0, container.length)
    const bytes = isUnsynchronised || frame.isUnsynchronised ? synchronised(raw) : raw
    found = { frame, manifestStore: { bytes, container } }
  }
  return found
}

/** Text, links, comments, lyrics, identifiers and private data, XMP among it. Pictures are shown, and no metadata. */
function isText(id: string): boolean {
  return /^[TW]/.test(id) || ['COM', 'COMM', 'ULT', 'USLT', 'UFI', 'UFID', 'PRIV'].includes(id)
}

/** Tells of what the frames of text hold. */
export function* id3Metadata(source: Source, tag: Id3Tag, visit: Visit): Walk<boolean> {
  const { metadata } = yield* id3Content(source, tag)
  return metadata.every((range) => visit(range))
}

/** It tells of padding and checksums, which no longer are what they were: it is left out. */
function* skipExtendedHeader(source: Source, { version, flags, body }: Id3Tag, start: number): Walk<number> {
  if (version === 2 || (flags & EXTENDED) === 0) return start
  if (body.length < 4) throw malformedId3('it ends in its extended header')
  const bytes = source.peek(start, 4) ?? (yield { start, length: 4 })
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const length = version === 3 ? view.getUint32(0) + 4 : synchsafe(bytes, 0)
  if (length === undefined || length < 6 || length > body.length)
    throw malformedId3('it has an extended header that is none')
  return start + length
}

/** Most of a tag is shorter than this many bytes; so is a frame of version 2.2 than that. */
const MOST_TAG = 0xfffffff
const MOST_SHORT_FRAME = 0xffffff

/** A tag around kept frames and a last one for a store of that length, up to where the store goes. */
export function id3Front(version: Id3Version, kept: readonly Part[], keptLength: number, storeLength: number): Part[] {
  const frameHeader = version === 2 ? 6 : 10
  const frameLength = GEOB_TEXTS.length + storeLength
  const length = keptLength + frameHeader + frameLength
  if (length > MOST_TAG || (version === 2 && frameLength > MOST_SHORT_FRAME))
    throw new C2paError('too_large', `An ID3v2.${version} tag may not have as many bytes as the manifest store needs.`)
  const header = concatBytes([utf8Bytes('ID3'), Uint8Array.of(version, 0, 0), synchsafeBytes(length)])
  return [header, ...kept, concatBytes([frameHead(version, frameLength), GEOB_TEXTS])]
}

function frameHead(version: Id3Version, length: number): Uint8Array {
  const size = new Uint8Array(4)
  new DataView(size.buffer).setUint32(0, length)
  if (version === 2) return concatBytes([utf8Bytes('GEO'), size.subarray(1)])
  return concatBytes([utf8Bytes('GEOB'), version === 4 ? synchsafeBytes(length) : size, new Uint8Array(2)])
}

/** Seven bits in each of four bytes. id3v2.4.0-structure §6.2. */
export function synchsafe(bytes: Uint8Array, at: number): number | undefined {
  let value = 0
  for (let index = at; index < at + 4; index++) {
    const byte = bytes[index]
    if (byte === undefined || byte > 0x7f) return undefined
    value = value * 128 + byte
  }
  return value
}

function synchsafeBytes(value: number): Uint8Array {
  return Uint8Array.of((value >> 21) & 0x7f, (value >> 14) & 0x7f, (value >> 7) & 0x7f, value & 0x7f)
}
