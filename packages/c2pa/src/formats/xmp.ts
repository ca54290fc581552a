/** Where assets hold XMP. ISO 16684-1; XMP Specification Part 3, Storage in Files. */
import { concatBytes, latin1Text } from '@countersign/codec'
import type { Source, Walk } from './asset.ts'
import type { AssetFormat, ByteRange, MediaType } from './asset-format.ts'

/** Of all that is read; more is passed over. */
const MOST_BYTES = 16 * 1024 * 1024
const MOST_RANGES = 1000
/** How far a file is searched whose format does not tell where its metadata are. */
const FARTHEST = 64 * 1024 * 1024
const LONGEST_ELEMENT = 1024 * 1024

const JPEG_XMP = 'http://ns.adobe.com/xap/1.0/\0'
const JPEG_EXTENSION = 'http://ns.adobe.com/xmp/extension/\0'
const PNG_XMP = 'XML:com.adobe.xmp\0'

const utf8 = new TextDecoder()

/** The text of each `rdf:RDF` element that an asset's XMP is; what stands in anything but metadata is none. */
export function* xmpElements(format: AssetFormat, mediaType: MediaType, source: Source): Walk<readonly string[]> {
  if (!format.metadata) return yield* searchedElements(source)
  const contents = yield* metadataContents(format, source)
  if (mediaType === 'image/jpeg') return ofJpeg(contents)
  if (mediaType === 'image/png')
    return contents.flatMap((bytes) => (startsWith(bytes, PNG_XMP) ? elementOf(bytes) : []))
  return contents.flatMap(elementOf)
}

function* metadataContents(format: AssetFormat, source: Source): Walk<Uint8Array[]> {
  const ranges: ByteRange[] = []
  let left = MOST_BYTES
  yield* format.metadata?.(source, (range) => {
    if (range.length <= left) {
      ranges.push(range)
      left -= range.length
    }
    return ranges.length < MOST_RANGES
  }) ?? []
  const contents: Uint8Array[] = []
  for (const { start, length } of ranges)
    if (length > 0) contents.push((source.peek(start, length) ?? (yield { start, length })).slice(0, length))
  return contents
}

/** A packet of one segment, and what did not fit, in segments that its note names. XMP Specification Part 3, 1.1.3.1. */
function ofJpeg(contents: readonly Uint8Array[]): string[] {
  const main = contents.find((bytes) => startsWith(bytes, JPEG_XMP))
  const elements = main ? elementOf(main) : []
  const guid = /HasExtendedXMP\s*(?:=\s*["']|>\s*)([0-9A-Fa-f]{32})/.exec(elements[0] ?? '')?.[1]
  if (guid === undefined) return elements
  return [...elements, ...elementOf(extension(contents, guid))]
}

/** GUID, length of the whole, offset of this piece, then the piece. What is not whole is nothing. */
function extension(contents: readonly Uint8Array[], guid: string): Uint8Array {
  const header = JPEG_EXTENSION.length + 40
  const pieces = contents
    .filter((bytes) => bytes.length > header && startsWith(bytes, JPEG_EXTENSION + guid))
    .map((bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset)
      return { whole: view.getUint32(header - 8), offset: view.getUint32(header - 4), bytes: bytes.subarray(header) }
    })
    .sort((a, b) => a.offset - b.offset)
  const joined = concatBytes(pieces.map(({ bytes }) => bytes))
  let end = 0
  for (const { whole, offset, bytes } of pieces) {
    if (whole !== joined.length || offset !== end) return new Uint8Array()
    end += bytes.length
  }
  return joined
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return latin1Text(bytes.subarray(0, text.length)) === text
}

const START = '<rdf:RDF'
const END = '</rdf:RDF>'

function elementOf(bytes: Uint8Array): string[] {
  const text = utf8.decode(bytes)
  const start = text.indexOf(START)
  const end = text.indexOf(END, start)
  return start < 0 || end < 0 ? [] : [text.slice(start, end + END.length)]
}

/** Those in the first part of the file, wherever they stand: better one too many than none. */
function* searchedElements(source: Source): Walk<string[]> {
  const elements: string[] = []
  for (let position = 0; position + START.length <= Math.min(source.length, FARTHEST); ) {
    const bytes = source.peek(position, START.length) ?? (yield { start: position, length: START.length })
    const at = placeOf(START, bytes)
    if (at < 0) {
      position += bytes.length - START.length + 1
      continue
    }
    const start = position + at
    const length = Math.min(LONGEST_ELEMENT, source.length - start)
    const found = elementOf((source.peek(start, length) ?? (yield { start, length })).subarray(0, length))
    elements.push(...found)
    if (elements.length >= MOST_ELEMENTS) break
    // Where there is no end, none that begins before there has one either.
    position = start + (found.length > 0 ? START.length : length)
  }
  return elements
}

const MOST_ELEMENTS = 8

function placeOf(text: string, bytes: Uint8Array): number {
  const first = text.charCodeAt(0)
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1))
    if (startsWith(bytes.subarray(at), text)) return at
  return -1
}
