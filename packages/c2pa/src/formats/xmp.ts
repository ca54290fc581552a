/** Where assets hold XMP. ISO 16684-1; XMP Specification Part 3, Storage in Files. */
import { concatBytes, latin1Text, utf8Bytes } from '@countersign/codec'
import type { Source, Walk } from './asset.ts'
import type { AssetFormat, ByteRange, MediaType } from './asset-format.ts'
import { byteSearch } from './byte-search.ts'

/** Of all that is read; more is passed over. */
const MOST_BYTES = 16 * 1024 * 1024
const MOST_RANGES = 10_000
/** How far a file is searched whose format does not tell where its metadata are. */
const FARTHEST = 64 * 1024 * 1024
const LONGEST_ELEMENT = 1024 * 1024

const JPEG_XMP = 'http://ns.adobe.com/xap/1.0/\0'
const JPEG_EXTENSION = 'http://ns.adobe.com/xmp/extension/\0'
const PNG_XMP = 'XML:com.adobe.xmp\0'
const GIF_XMP = 'XMP DataXMP'
const LESS_THAN = 0x3c

const utf8 = new TextDecoder()

/** The text of each `rdf:RDF` element that an asset's XMP is; what stands in anything but metadata is none. */
export function* xmpElements(format: AssetFormat, mediaType: MediaType, source: Source): Walk<readonly string[]> {
  if (!format.metadata) return yield* searchedElements(source)
  if (mediaType === 'image/gif') return yield* ofGif(format, source)
  const contents = yield* metadataContents(format, source)
  if (mediaType === 'image/jpeg') return ofJpeg(contents)
  if (mediaType === 'image/png')
    return contents.flatMap((bytes) => (startsWith(bytes, PNG_XMP) ? elementOf(bytes) : []))
  return contents.flatMap(elementOf)
}

function* metadataContents(format: AssetFormat, source: Source): Walk<Uint8Array[]> {
  const contents: Uint8Array[] = []
  for (const { start, length } of yield* metadataRanges(format, source))
    if (length > 0) contents.push((source.peek(start, length) ?? (yield { start, length })).slice(0, length))
  return contents
}

function* metadataRanges(format: AssetFormat, source: Source): Walk<ByteRange[]> {
  const ranges: ByteRange[] = []
  let left = MOST_BYTES
  yield* format.metadata?.(source, (range) => {
    if (range.length <= left) {
      ranges.push(range)
      left -= range.length
    }
    return ranges.length < MOST_RANGES
  }) ?? []
  return ranges
}

/**
 * The sub-blocks of an application extension. By the specification a packet stands there as it is, so that its own bytes are the
 * lengths, and a trailer of 258 bytes leads whoever skips it to the end; c2pa-rs writes proper sub-blocks. Part 3, 1.1.2.
 */
function* ofGif(format: AssetFormat, source: Source): Walk<string[]> {
  const elements: string[] = []
  for (const subBlocks of runsOf(yield* metadataRanges(format, source))) {
    const [first, last] = [subBlocks[0] as ByteRange, subBlocks.at(-1) as ByteRange]
    // The byte before a sub-block is its length.
    const start = first.start - 1 - GIF_XMP.length
    const length = last.start + last.length - start
    const bytes = (source.peek(start, length) ?? (yield { start, length })).slice(0, length)
    if (!startsWith(bytes, GIF_XMP)) continue
    const packet = bytes.subarray(GIF_XMP.length)
    const isAsItIs = packet[0] === LESS_THAN && packet[1] !== LESS_THAN
    const parts = subBlocks.map((range) => bytes.subarray(range.start - start, range.start - start + range.length))
    elements.push(...elementOf(isAsItIs ? packet : concatBytes(parts)))
  }
  return elements
}

/** Ranges parted where more than the length of the next is between them. */
function runsOf(ranges: readonly ByteRange[]): ByteRange[][] {
  const runs: ByteRange[][] = []
  let end = -1
  for (const range of ranges) {
    if (range.start === end + 1) runs.at(-1)?.push(range)
    else runs.push([range])
    end = range.start + range.length
  }
  return runs
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

const holdsStart = byteSearch(utf8Bytes(START))
const WINDOW = 1024 * 1024
const MOST_ELEMENTS = 8

/** Those in the first part of the file, wherever they stand: better one too many than none. */
function* searchedElements(source: Source): Walk<string[]> {
  const elements: string[] = []
  const end = Math.min(source.length, FARTHEST)
  for (let position = 0; position + START.length <= end && elements.length < MOST_ELEMENTS; ) {
    const ahead = source.peek(position, START.length) ?? (yield { start: position, length: START.length })
    const window = ahead.subarray(0, WINDOW)
    const at = holdsStart(window, 0) ? latin1Text(window).indexOf(START) : -1
    if (at < 0) {
      position += window.length - START.length + 1
      continue
    }
    const start = position + at
    const length = Math.min(LONGEST_ELEMENT, source.length - start)
    const found = elementOf((source.peek(start, length) ?? (yield { start, length })).subarray(0, length))
    elements.push(...found)
    // An element that is not whole is as long as any may be.
    position = start + (found.length > 0 ? START.length : length)
  }
  return elements
}
