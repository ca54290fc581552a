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

const LESS = 0x3c
const GREATER = 0x3e
const DOUBLE = 0x22
const SINGLE = 0x27
const SLASH = 0x2f
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** One tag after the other. Comments, processing instructions, CDATA sections and the document type are passed over. */
export class XmlTags {
  readonly #source: Source
  #position = 0
  #depth = 0

  constructor(source: Source) {
    this.#source = source
  }

  /** The next one in no more than so many elements: what is deeper is only counted. */
  *next(deepest: number): Walk<XmlTag | undefined> {
    while (this.#position < this.#source.length) {
      const base = this.#position
      const bytes = this.#source.peek(base, 1) ?? (yield { start: base, length: 1 })
      let at = bytes.indexOf(LESS)
      while (at >= 0) {
        const end = markupEndIn(bytes, at)
        if (end < 0) break
        const kind = kindOf(bytes, at, end)
        const depth = this.#enter(kind)
        if (kind && depth <= deepest) {
          this.#position = base + end
          return { kind, name: nameIn(bytes, at, base), depth, start: base + at, end: base + end }
        }
        at = bytes.indexOf(LESS, end)
      }
      this.#position = base + (at < 0 ? bytes.length : at)
      const tag = at < 0 ? undefined : yield* this.#across()
      if (tag && tag.depth <= deepest) return tag
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
      const name = nameIn(utf8Bytes(head), 0, start)
      const close = yield* markupEnd(this.#source, start + 1, false)
      const isEmpty = (yield* textAt(this.#source, close - 1, 1)) === '/'
      const kind = head[1] === '/' ? 'end' : isEmpty ? 'empty' : 'start'
      this.#position = close + 1
      return { kind, name, depth: this.#enter(kind), start, end: close + 1 }
    }
    return undefined
  }

  /** The depth of a tag of that kind. */
  #enter(kind: XmlTag['kind'] | undefined): number {
    if (kind === 'start') return this.#depth++
    return kind === 'end' ? --this.#depth : this.#depth
  }
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

const NAME = /^<\/?([^\s<>/"'=!?]+)/

function nameIn(bytes: Uint8Array, at: number, base: number): string {
  const name = NAME.exec(latin1Text(bytes.subarray(at, at + LONGEST_NAME)))?.[1]
  if (name === undefined) throw malformedXml(`there is no tag at offset ${base + at}`)
  return name
}

function* documentTypeEnd(source: Source, from: number): Walk<number> {
  for (let position = from, isInside = false; ; ) {
    const at = yield* markupEnd(source, position, true)
    const found = yield* textAt(source, at, 4)
    position = at + 1
    if (found.startsWith('<!--')) position = yield* behind(source, '-->', at + 4)
    else if (found.startsWith('<?')) position = yield* behind(source, '?>', at + 2)
    else if (found.startsWith('[')) isInside = true
    else if (found.startsWith(']')) isInside = false
    else if (found.startsWith('>') && !isInside) return position
  }
}

/** The next byte of markup that stands in no quotes: a `>`, or in a document type a bracket or a `<` too. */
function* markupEnd(source: Source, from: number, isDocumentType: boolean): Walk<number> {
  for (let position = from; position < source.length; ) {
    const bytes = source.peek(position, 1) ?? (yield { start: position, length: 1 })
    for (let index = 0; ; index++) {
      const byte = bytes[index]
      if (byte === undefined) {
        position += index
        break
      }
      if (byte === GREATER) return position + index
      if (byte === DOUBLE || byte === SINGLE) {
        position = yield* behind(source, byte === DOUBLE ? '"' : "'", position + index + 1)
        break
      }
      const isOther = byte === LESS || byte === OPEN_BRACKET || byte === CLOSE_BRACKET
      if (isDocumentType && isOther) return position + index
      if (byte === LESS) throw malformedXml(`a tag is not closed before offset ${position + index}`)
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
