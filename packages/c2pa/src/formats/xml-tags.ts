/** The tags of an XML document, in its bytes: nothing is expanded, resolved or decoded. XML 1.0 (5th edition) §2, §3.1. */
import { latin1Text, utf8Bytes } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'

export type XmlTag = {
  readonly kind: 'start' | 'empty' | 'end'
  /** As it is written, with its prefix; cut where nobody's is as long. */
  readonly name: string
  /** In how many elements its own is. */
  readonly depth: number
  /** Where its `<` stands, and behind its `>`. */
  readonly start: number
  readonly end: number
}

const LONGEST_NAME = 256

/** Nobody has as many, and each costs time. */
const MOST_ASKED = 10_000

const LESS = 0x3c
const GREATER = 0x3e
const DOUBLE = 0x22
const SINGLE = 0x27
const SLASH = 0x2f
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** One tag after the other. Comments, processing instructions, CDATA sections and the document type are passed over. */
export class XmlTags {
  readonly #source: Source
  #position = 0
  /** What is kept of the names of the elements that are open. */
  readonly #open: number[] = []
  #left = MOST_ASKED

  constructor(source: Source) {
    this.#source = source
  }

  /**
   * The next element in so many others that has this name but for a prefix, or any where none is given; or the next end of
   * one in fewer. All else is only counted.
   */
  *next(depth: number, localName?: string): Walk<XmlTag | undefined> {
    if (--this.#left < 0) throw malformedXml(`it has more than ${MOST_ASKED} elements of metadata`)
    while (this.#position < this.#source.length) {
      const base = this.#position
      const bytes = this.#source.peek(base, 1) ?? (yield { start: base, length: 1 })
      let at = bytes.indexOf(LESS)
      while (at >= 0) {
        const end = markupEndIn(bytes, at)
        if (end < 0) break
        const kind = kindOf(bytes, at, end)
        const own = this.#enter(kind, bytes, at, base)
        const isWanted = kind === 'end' ? own < depth : own === depth && isNamed(bytes, at, localName)
        if (kind && isWanted) {
          this.#position = base + end
          return { kind, name: nameIn(bytes, at, base), depth: own, start: base + at, end: base + end }
        }
        at = bytes.indexOf(LESS, end)
      }
      this.#position = base + (at < 0 ? bytes.length : at)
      const tag = at < 0 ? undefined : yield* this.#across()
      if (tag?.kind === 'end' ? tag.depth < depth : tag?.depth === depth && hasName(tag, localName)) return tag
    }
    return undefined
  }

  /** Markup that is not all at hand, a document type, or none. */
  *#across(): Walk<XmlTag | undefined> {
    const start = this.#position
    const head = yield* textAt(this.#source, start, LONGEST_NAME)
    if (head.startsWith('<!--')) this.#position = yield* behind(this.#source, '-->', start + 4)
    else if (head.startsWith('<![CDATA[')) this.#position = yield* behind(this.#source, ']]>', start + 9)
    else if (head.startsWith('<?')) this.#position = yield* behind(this.#source, '?>', start + 2)
    else if (head.startsWith('<!DOCTYPE')) this.#position = yield* documentTypeEnd(this.#source, start + 9)
    else {
      const bytes = latin1Bytes(head)
      const name = nameIn(bytes, 0, start)
      const close = yield* tagEnd(this.#source, start + 1)
      const isEmpty = (yield* textAt(this.#source, close - 1, 1)) === '/'
      const kind = head[1] === '/' ? 'end' : isEmpty ? 'empty' : 'start'
      this.#position = close + 1
      return { kind, name, depth: this.#enter(kind, bytes, 0, start), start, end: close + 1 }
    }
    return undefined
  }

  /** The depth of a tag of that kind. An end that is that of another element than the last one opened is an error. */
  #enter(kind: XmlTag['kind'] | undefined, bytes: Uint8Array, at: number, base: number): number {
    const open = this.#open
    if (kind === 'end' && open.length === 0) throw malformedXml('it begins with the end of an element')
    if (kind === 'end' && open.pop() !== nameSum(bytes, at + 2))
      throw malformedXml(`another element ends at offset ${base + at} than is open`)
    if (kind === 'start' && open.push(nameSum(bytes, at + 1)) > DEEPEST)
      throw malformedXml(`its elements are nested deeper than ${DEEPEST}`)
    return kind === 'start' ? open.length - 1 : open.length
  }
}

/** No reader goes as deep. */
const DEEPEST = 10_000

/** A number that different names hardly share: whether they do, the readers tell. FNV-1a. */
function nameSum(bytes: Uint8Array, start: number): number {
  let sum = 0x811c9dc5
  for (let at = start; at < start + LONGEST_NAME / 2; at++) {
    const byte = bytes[at]
    if (byte === undefined || endsName(byte)) break
    sum = Math.imul(sum ^ byte, 0x01000193)
  }
  return sum
}

function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0))
}

/** Behind the end of a tag, a comment, an instruction or a section; negative where that is not at hand. */
function markupEndIn(bytes: Uint8Array, start: number): number {
  if (bytes[start + 1] === 0x3f) return endIn(bytes, start + 2, 0x3f, undefined)
  if (bytes[start + 1] === 0x21) {
    const third = bytes[start + 2]
    if (third === 0x2d && bytes[start + 3] === 0x2d) return endIn(bytes, start + 4, 0x2d, 0x2d)
    const isSection = third === OPEN_BRACKET && latin1Text(bytes.subarray(start + 3, start + 9)) === 'CDATA['
    return isSection ? endIn(bytes, start + 9, CLOSE_BRACKET, CLOSE_BRACKET) : -1
  }
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === GREATER) return at + 1
    if (byte === LESS) return -1
    if (byte === DOUBLE || byte === SINGLE) {
      at = bytes.indexOf(byte, at + 1)
      if (at < 0) return -1
    }
  }
  return -1
}

/** Behind the next `>` that these bytes stand before. */
function endIn(bytes: Uint8Array, from: number, last: number, beforeLast: number | undefined): number {
  const shortest = beforeLast === undefined ? 1 : 2
  for (let at = bytes.indexOf(GREATER, from + shortest); at >= 0; at = bytes.indexOf(GREATER, at + 1))
    if (bytes[at - 1] === last && (beforeLast === undefined || bytes[at - 2] === beforeLast)) return at + 1
  return -1
}

/** Undefined for what is no tag. */
function kindOf(bytes: Uint8Array, start: number, end: number): XmlTag['kind'] | undefined {
  const second = bytes[start + 1]
  if (second === 0x21 || second === 0x3f) return undefined
  if (second === SLASH) return 'end'
  return bytes[end - 2] === SLASH ? 'empty' : 'start'
}

/** Whether a start tag has a name that is this one behind its colon, if any. */
function isNamed(bytes: Uint8Array, start: number, localName: string | undefined): boolean {
  if (localName === undefined) return true
  let end = start + 1
  while (end < bytes.length && end < start + LONGEST_NAME && !endsName(bytes[end] as number)) end++
  const from = end - localName.length
  if (from <= start || (from > start + 1 && bytes[from - 1] !== COLON)) return false
  for (let index = 0; index < localName.length; index++)
    if (bytes[from + index] !== localName.charCodeAt(index)) return false
  return true
}

function endsName(byte: number): boolean {
  return byte <= 0x20 || byte === GREATER || byte === SLASH
}

function hasName({ name }: XmlTag, localName: string | undefined): boolean {
  return localName === undefined || name.slice(name.indexOf(':') + 1) === localName
}

const NAME = /^<\/?([^\s<>/"'=!?]+)/

function nameIn(bytes: Uint8Array, at: number, base: number): string {
  const name = NAME.exec(latin1Text(bytes.subarray(at, at + LONGEST_NAME)))?.[1]
  if (name === undefined) throw malformedXml(`there is no tag at offset ${base + at}`)
  return name
}

/** Behind the `>` that ends a document type, and is in no declaration, quotes, comment or instruction. */
function* documentTypeEnd(source: Source, from: number): Walk<number> {
  let isInside = false
  for (let position = from; position < source.length; ) {
    const bytes = source.peek(position, 1) ?? (yield { start: position, length: 1 })
    let index = 0
    for (; index < bytes.length; index++) {
      const byte = bytes[index]
      if (byte === OPEN_BRACKET) isInside = true
      else if (byte === CLOSE_BRACKET) isInside = false
      else if (byte === GREATER && !isInside) return position + index + 1
      else if (byte === DOUBLE || byte === SINGLE) {
        const close = bytes.indexOf(byte, index + 1)
        if (close < 0) break
        index = close
      } else if (byte === LESS && (bytes[index + 1] === 0x3f || (bytes[index + 2] ?? 0x2d) === 0x2d)) {
        const end = markupEndIn(bytes, index)
        if (end < 0) break
        index = end - 1
      }
    }
    position += index
    if (index < bytes.length) position = yield* acrossDocumentType(source, position)
  }
  throw malformedXml('it ends inside its document type')
}

/** Behind quotes, a comment or an instruction that is not all at hand, or a byte that begins none. */
function* acrossDocumentType(source: Source, start: number): Walk<number> {
  const head = yield* textAt(source, start, 4)
  if (head.startsWith('"') || head.startsWith("'")) return yield* behind(source, head[0] as string, start + 1)
  if (head.startsWith('<!--')) return yield* behind(source, '-->', start + 4)
  return head.startsWith('<?') ? yield* behind(source, '?>', start + 2) : start + 1
}

/** The next `>` that stands in no quotes. */
function* tagEnd(source: Source, from: number): Walk<number> {
  for (let position = from; position < source.length; ) {
    const bytes = source.peek(position, 1) ?? (yield { start: position, length: 1 })
    for (let index = 0; ; index++) {
      const byte = bytes[index]
      if (byte === undefined) {
        position += index
        break
      }
      if (byte === GREATER) return position + index
      if (byte === LESS) throw malformedXml(`a tag is not closed before offset ${position + index}`)
      if (byte === DOUBLE || byte === SINGLE) {
        position = yield* behind(source, byte === DOUBLE ? '"' : "'", position + index + 1)
        break
      }
    }
  }
  throw malformedXml('it ends inside its markup')
}

function* behind(source: Source, text: string, from: number): Walk<number> {
  const at = yield* find(source, text, from)
  if (at === undefined) throw malformedXml(`there is no ${text} after offset ${from}`)
  return at + text.length
}

/** Where a text of ASCII stands next. */
export function* find(source: Source, text: string, from: number): Walk<number | undefined> {
  const pattern = utf8Bytes(text)
  const { length } = pattern
  const first = pattern[0] as number
  for (let position = from; position + length <= source.length; ) {
    const bytes = source.peek(position, length) ?? (yield { start: position, length })
    for (let at = bytes.indexOf(first); at >= 0 && at + length <= bytes.length; at = bytes.indexOf(first, at + 1))
      if (pattern.every((byte, index) => bytes[at + index] === byte)) return position + at
    position += bytes.length - length + 1
  }
  return undefined
}

/** As many bytes as there are up to that length, one letter each. */
export function* textAt(source: Source, start: number, length: number): Walk<string> {
  const range = { start, length: Math.min(length, source.length - start) }
  return latin1Text((source.peek(start, range.length) ?? (yield range)).subarray(0, range.length))
}

export function malformedXml(what: string): C2paError {
  return new C2paError('malformed_asset', `The SVG is damaged: ${what}.`)
}
