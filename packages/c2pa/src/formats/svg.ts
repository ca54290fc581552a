/** SVG; the manifest store is the base64 text of a `c2pa:manifest` element in the `metadata` element of the root. C2PA 2.2 A.3.3. */
import { decodeBase64, encodeBase64, latin1Text, utf8Bytes } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'
import {
  type AssetFormat,
  type AssetLayout,
  type ByteRange,
  checkStoreLength,
  type Embedding,
  lengthOfParts,
  type Part,
} from './asset-format.ts'
import { find, malformedXml, textAt, type XmlTag, XmlTags } from './xml-tags.ts'

const NAMESPACE = 'http://c2pa.org/manifest'

/** It has no metadata that a data hash may leave out: a script in there runs. */
export const svg: AssetFormat = {
  name: 'SVG',
  recognizes: (head) => (isSvg(withoutMark(prologOf(head))) ? 'image/svg+xml' : undefined),
  inspect,
}

const PROLOG = 4096

/** In UTF-16 every other byte says which letter it is. */
function prologOf(head: Uint8Array): string {
  const text = latin1Text(head.subarray(0, PROLOG))
  return isUtf16(text) ? new TextDecoder(text.startsWith('þÿ') ? 'utf-16be' : 'utf-16le').decode(head) : text
}

function isUtf16(text: string): boolean {
  return text.startsWith('þÿ') || text.startsWith('ÿþ')
}

/** The byte order mark of UTF-8. */
const MARK = 'ï»¿'

function withoutMark(text: string): string {
  return text.startsWith(MARK) ? text.slice(3) : text
}

/** Behind an XML declaration, comments and processing instructions: the document type or the element `svg`. */
function isSvg(text: string): boolean {
  for (let position = 0; ; ) {
    position += /^\s*/.exec(text.slice(position))?.[0].length ?? 0
    const rest = text.slice(position, position + 512)
    const [close] = SKIPPED.find(([, open]) => rest.startsWith(open)) ?? []
    if (close === undefined) return /^<(?:!DOCTYPE\s+)?(?:[^\s<>/:"'=!?]+:)?svg(?=[\s>/[])/.test(rest)
    const end = text.indexOf(close, position)
    if (end < 0) return false
    position = end + close.length
  }
}

const SKIPPED = [
  ['-->', '<!--'],
  ['?>', '<?'],
] as const

function* inspect(source: Source): Walk<AssetLayout> {
  yield* checkEncoding(source)
  const found: Found = { stores: [] }
  const damage = yield* elements(source, found)
  if (found.stores.length > 1) throw new C2paError('multiple_manifest_stores', 'The SVG has two C2PA manifest stores.')
  const [container] = found.stores
  if (damage && !container) throw damage
  return {
    mediaType: 'image/svg+xml',
    ...(container ? { manifestStore: { bytes: yield* storeOf(source, container), container } } : {}),
    ...(damage ? { damage } : {}),
    ...(found.root ? { embedding: yield* embeddingOf(source, found.root, found.metadata, container) } : {}),
  }
}

/** Those in which a byte of ASCII is always that letter, so that markup is where its bytes are. */
const ENCODINGS = /^(?:utf-8|utf8|us-ascii|ascii|iso-8859-\d{1,2}|windows-125\d|latin1)$/i

function* checkEncoding(source: Source): Walk<void> {
  const text = yield* textAt(source, 0, 512)
  if (/^<\?xml\s/.test(withoutMark(text)) && !text.includes('?>')) throw malformedXml('its XML declaration has no end')
  const declared = /^<\?xml\s[^>]*?encoding\s*=\s*["']([^"']*)["']/.exec(withoutMark(text))?.[1]
  const encoding = isUtf16(text) ? 'UTF-16' : (declared ?? 'UTF-8')
  if (text.startsWith(MARK) && !/^utf-?8$/i.test(encoding)) throw malformedXml(`it is in UTF-8 and says ${encoding}`)
  if (!ENCODINGS.test(encoding))
    throw new C2paError('unsupported_format', `The SVG is in the encoding ${encoding}, and is read here in UTF-8.`)
}

type Found = { root?: XmlTag; metadata?: XmlTag; readonly stores: ByteRange[] }

/** Up to the end of the root. The first wrong thing is given back. */
function* elements(source: Source, found: Found): Walk<C2paError | undefined> {
  try {
    const tags = new XmlTags(source)
    const root = yield* tags.next(0)
    if (!root || !/^(?:[^:]+:)?svg$/.test(root.name)) throw malformedXml('its root element is not svg')
    found.root = root
    if (root.kind === 'empty') return undefined
    const outer = yield* prefixesOf(source, root)
    for (;;) {
      const tag = yield* tags.next(1, 'metadata')
      if (!tag) throw malformedXml('it ends before its root element does')
      if (tag.kind === 'end') return undefined
      // Of another vocabulary may be what has another prefix.
      if (tag.name === metadataName(root)) found.metadata ??= tag
      if (tag.kind === 'start') yield* manifestsIn(source, tags, [...outer, ...(yield* prefixesOf(source, tag))], found)
    }
  } catch (error) {
    if (error instanceof C2paError && error.code === 'malformed_asset') return error
    throw error
  }
}

/** Those by their usual name, or by a prefix that the namespace has. */
function* manifestsIn(source: Source, tags: XmlTags, prefixes: readonly string[], found: Found): Walk<void> {
  for (;;) {
    const tag = yield* tags.next(2, 'manifest')
    if (!tag) throw malformedXml('it ends inside its metadata')
    if (tag.kind === 'end') return
    const prefix = prefixOf(tag)
    if (prefix === 'c2pa' || prefixes.includes(prefix) || (yield* prefixesOf(source, tag)).includes(prefix))
      found.stores.push(yield* contentOf(source, tag))
  }
}

/** What the element for metadata is called in a document whose root is called so. */
function metadataName({ name }: XmlTag): string {
  return name.replace(/svg$/, 'metadata')
}

function prefixOf({ name }: XmlTag): string {
  return name.slice(0, Math.max(0, name.indexOf(':')))
}

/** The prefixes that a tag gives the namespace; none where it has none. */
function* prefixesOf(source: Source, tag: XmlTag): Walk<readonly string[]> {
  return [...(yield* attributesOf(source, tag))]
    .filter(([name, value]) => value === NAMESPACE && /^xmlns(?::|$)/.test(name))
    .map(([name]) => name.slice('xmlns:'.length))
}

/** Longer ones have no declarations that matter here. */
const LONGEST_TAG = 65_536

const ATTRIBUTE = /\s([^\s=<>"']+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g

function* attributesOf(source: Source, { start, end }: XmlTag): Walk<ReadonlyMap<string, string>> {
  const text = end - start > LONGEST_TAG ? '' : yield* textAt(source, start, end - start)
  return new Map(
    Array.from(text.matchAll(ATTRIBUTE), ([, name = '', double, single]) => [name, double ?? single ?? '']),
  )
}

/** Its text: base64 has no markup in it. */
function* contentOf(source: Source, { kind, end, name }: XmlTag): Walk<ByteRange> {
  if (kind === 'empty') return { start: end, length: 0 }
  const close = yield* find(source, '<', end)
  if (close === undefined || !(yield* textAt(source, close, name.length + 2)).startsWith(`</${name}`))
    throw malformedXml('its C2PA element holds more than text')
  return { start: end, length: close - end }
}

/** Four letters are three bytes, and more white space than letters has nobody. */
function* storeOf(source: Source, container: ByteRange): Walk<Uint8Array> {
  checkStoreLength(Math.floor(container.length / 2))
  const text = (source.peek(container.start, container.length) ?? (yield container)).subarray(0, container.length)
  const letters = text.filter((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)
  const padding = letters.at(-1) !== 0x3d ? 0 : letters.at(-2) !== 0x3d ? 1 : 2
  const bytes = new Uint8Array(Math.max(0, Math.floor(letters.length / 4) * 3 - padding))
  const firstPadding = letters.indexOf(0x3d)
  if (firstPadding >= 0 && firstPadding < letters.length - padding) throw malformedXml('its C2PA element is not base64')
  try {
    for (let from = 0; from < letters.length; from += LETTERS)
      bytes.set(decodeBase64(latin1Text(letters.subarray(from, from + LETTERS))), (from / 4) * 3)
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw malformedXml('its C2PA element is not base64')
    throw error
  }
  return bytes
}

/** Encoded and decoded at once. */
const LETTERS = 4 * 65_536
const BYTES = 3 * 65_536

function* embeddingOf(
  source: Source,
  root: XmlTag,
  metadata: XmlTag | undefined,
  old: ByteRange | undefined,
): Walk<Embedding> {
  // Of UTF-8 it says nothing, and there are readers that lose count of it.
  const from = (yield* textAt(source, 0, 3)) === MARK ? 3 : 0
  const { before, after } = old
    ? { before: rangeFrom(from, old.start), after: rangeFrom(old.start + old.length, source.length) }
    : yield* newElement(source, from, root, metadata)
  return {
    position: lengthOfParts(before),
    containerLength: (storeLength) => 4 * Math.ceil(storeLength / 3),
    surroundings: () => ({ before, after }),
    writeContainer(target, at, store) {
      let position = at
      for (let from = 0; from < store.length; from += BYTES) {
        const text = utf8Bytes(encodeBase64(store.subarray(from, from + BYTES)))
        target.set(text, position)
        position += text.length
      }
    },
  }
}

/** The first in the metadata that there are, or in new ones that are the first in the root. */
function* newElement(
  source: Source,
  from: number,
  root: XmlTag,
  metadata: XmlTag | undefined,
): Walk<{ before: Part[]; after: Part[] }> {
  const declaration = ` xmlns:c2pa="${NAMESPACE}"`
  const declared = (yield* attributesOf(source, root)).get('xmlns:c2pa')
  const isDeclared = declared === undefined || declared === NAMESPACE
  const isHidden = metadata && (yield* attributesOf(source, metadata)).has('xmlns:c2pa')
  const manifest = ['<c2pa:manifest', isDeclared && !isHidden ? '' : declaration, '>'].join('')
  const place = metadata ?? root
  const outer = metadata ? undefined : metadataName(root)
  const inner = outer === undefined ? manifest : `<${outer}>${manifest}`
  const outerEnd = outer === undefined ? '' : `</${outer}>`
  // Behind the last letter of a tag that may have a slash before its end.
  const last = ({ kind, end }: XmlTag) => end - (kind === 'empty' ? 2 : 1)
  const pieces: Part[] = rangeFrom(from, last(root))
  if (declared === undefined) pieces.push(utf8Bytes(declaration))
  if (metadata) pieces.push({ start: last(root), length: last(metadata) - last(root) })
  const isEmpty = place.kind === 'empty'
  return {
    before: [...pieces, utf8Bytes(`>${inner}`)],
    after: [
      utf8Bytes(`</c2pa:manifest>${outerEnd}${isEmpty ? `</${place.name}>` : ''}`),
      ...rangeFrom(place.end, source.length),
    ],
  }
}

function rangeFrom(start: number, end: number): ByteRange[] {
  return end > start ? [{ start, length: end - start }] : []
}
