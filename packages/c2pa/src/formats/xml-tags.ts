/** The tags of an XML document, in its bytes: nothing is expanded, resolved or decoded. XML 1.0 (5th edition) §2, §3.1. */
import { latin1Text, utf8Bytes } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'

export type XmlTag = {
  readonly kind: 'start' | 'empty' | 'end'
  /** As it is written, with its prefix; cut where nobody's is as long. */
  readonly name: string
  /** Where its `<` stands, and behind its `>`. */
  readonly start: number
  readonly end: number
}

const LONGEST_NAME = 256

const LESS = 0x3c
const GREATER = 0x3e
const DOUBLE = 0x22
const SINGLE = 0x27
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** The next tag from a place on; comments, processing instructions, CDATA sections and the document type are passed over. */
export function* nextTag(source: Source, from: number): Walk<XmlTag | undefined> {
  for (let position = from; ; ) {
    const start = yield* find(source, '<', position)
    if (start === undefined) return undefined
    const head = yield* textAt(source, start, LONGEST_NAME)
    if (head.startsWith('<!--')) position = yield* behind(source, '-->', start + 4)
    else if (head.startsWith('<![CDATA[')) position = yield* behind(source, ']]>', start + 9)
    else if (head.startsWith('<?')) position = yield* behind(source, '?>', start + 2)
    else if (head.startsWith('<!DOCTYPE')) position = yield* documentTypeEnd(source, start + 9)
    else return yield* tagAt(source, start, head)
  }
}

const TAG = /^<(\/?)([^\s<>/"'=!?]+)/

function* tagAt(source: Source, start: number, head: string): Walk<XmlTag> {
  const [opening, slash, name] = TAG.exec(head) ?? []
  if (opening === undefined || name === undefined) throw malformedXml(`there is no tag at offset ${start}`)
  const close = yield* markupEnd(source, start + opening.length, false)
  const isEmpty = (yield* textAt(source, close - 1, 1)) === '/'
  return { kind: slash ? 'end' : isEmpty ? 'empty' : 'start', name, start, end: close + 1 }
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
