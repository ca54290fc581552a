/** Frames of an ID3v2 tag, and the object that one of them encapsulates. id3v2.3.0 §3.3, §4.16; id3v2.4.0-structure §4. */
import { latin1Text, utf8Bytes } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'
import type { ByteRange } from './asset-format.ts'

export type Id3Version = 2 | 3 | 4

export type Id3Frame = {
  readonly id: string
  readonly start: number
  readonly end: number
  /** Without header and what its flags put before it. */
  readonly content: ByteRange
  readonly flags: number
  /** Where its flags stand; it has none in version 2.2. */
  readonly flagsAt: number
  readonly isUnsynchronised: boolean
  /** Compressed or encrypted. */
  readonly isOpaque: boolean
}

const MOST_FRAMES = 10_000

/** Up to the padding, or the end. */
export function* framesOf(source: Source, version: Id3Version, from: number, end: number): Walk<Id3Frame[]> {
  const headerLength = version === 2 ? 6 : 10
  const frames: Id3Frame[] = []
  for (let start = from; start + headerLength <= end; ) {
    const header = source.peek(start, headerLength) ?? (yield { start, length: headerLength })
    if (header[0] === 0) break
    const frame = frameAt(header, version, start, end)
    frames.push(frame)
    if (frames.length > MOST_FRAMES) throw malformedId3(`it has more than ${MOST_FRAMES} frames`)
    start = frame.end
  }
  return frames
}

function frameAt(header: Uint8Array, version: Id3Version, start: number, tagEnd: number): Id3Frame {
  const idLength = version === 2 ? 3 : 4
  const id = latin1Text(header.subarray(0, idLength))
  if (!/^[A-Z0-9]+$/.test(id)) throw malformedId3(`there is no frame at offset ${start}`)
  const view = new DataView(header.buffer, header.byteOffset)
  const length = frameLength(view, version)
  if (length === undefined) throw malformedId3(`its ${id} frame at offset ${start} has a size that is not synchsafe`)
  const headerLength = version === 2 ? 6 : 10
  const contentStart = start + headerLength
  const end = contentStart + length
  if (end > tagEnd) throw malformedId3(`it ends inside its ${id} frame at offset ${start}`)
  const flags = version === 2 ? 0 : view.getUint16(8)
  const bits = FLAGS[version]
  // A byte for the group, four for the length of the content without what was done to it.
  const before = (flags & bits.grouped ? 1 : 0) + (flags & bits.lengthy ? 4 : 0)
  return {
    id,
    start,
    end,
    content: { start: Math.min(contentStart + before, end), length: Math.max(0, length - before) },
    flags,
    flagsAt: start + 8,
    isUnsynchronised: (flags & bits.unsynchronised) !== 0,
    isOpaque: (flags & bits.opaque) !== 0,
  }
}

const FLAGS: { readonly [version in Id3Version]: Record<'grouped' | 'lengthy' | 'unsynchronised' | 'opaque', number> } =
  {
    2: { grouped: 0, lengthy: 0, unsynchronised: 0, opaque: 0 },
    3: { grouped: 0x20, lengthy: 0, unsynchronised: 0, opaque: 0xc0 },
    4: { grouped: 0x40, lengthy: 0x01, unsynchronised: 0x02, opaque: 0x0c },
  }

function frameLength(view: DataView, version: Id3Version): number | undefined {
  if (version === 2) return view.getUint32(2) & 0xffffff
  const size = view.getUint32(4)
  if (version === 3) return size
  if ((size & 0x80808080) !== 0) return undefined
  return (size & 0x7f) | ((size >> 1) & 0x3f80) | ((size >> 2) & 0x1fc000) | ((size >> 3) & 0xfe00000)
}

/** The media type of a manifest store, and what it was before it was registered. C2PA 2.2 §11.4. */
const MEDIA_TYPES = ['application/c2pa', 'application/x-c2pa-manifest-store']

/** What comes before the object in frames that are written here: encoding, media type, file name and description. */
export const GEOB_TEXTS: Uint8Array = utf8Bytes('\0application/c2pa\0c2pa\0c2pa manifest store\0')

/** Longer texts has nobody. */
const LONGEST_TEXTS = 1024

/** Where the object of a frame stands that encapsulates a manifest store; undefined for any other frame. */
export function* objectOf(source: Source, { id, content, isOpaque }: Id3Frame): Walk<ByteRange | undefined> {
  if ((id !== 'GEOB' && id !== 'GEO') || isOpaque) return undefined
  const range = { start: content.start, length: Math.min(content.length, LONGEST_TEXTS) }
  const texts = (source.peek(range.start, range.length) ?? (yield range)).subarray(0, range.length)
  const typeEnd = texts.indexOf(0, 1)
  if (typeEnd < 0 || !MEDIA_TYPES.includes(latin1Text(texts.subarray(1, typeEnd)).toLowerCase())) return undefined
  const width = texts[0] === 1 || texts[0] === 2 ? 2 : 1
  const nameEnd = textEnd(texts, typeEnd + 1, width)
  const start = nameEnd === undefined ? undefined : textEnd(texts, nameEnd, width)
  if (start === undefined) throw malformedId3('its C2PA frame has texts without end')
  return { start: content.start + start, length: content.length - start }
}

/** Behind the zero that ends a text. */
function textEnd(bytes: Uint8Array, from: number, width: 1 | 2): number | undefined {
  for (let at = from; at + width <= bytes.length; at += width)
    if (bytes[at] === 0 && (width === 1 || bytes[at + 1] === 0)) return at + width
  return undefined
}

export function malformedId3(what: string): C2paError {
  return new C2paError('malformed_asset', `The ID3 tag is damaged: ${what}.`)
}
