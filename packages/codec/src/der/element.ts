/** Elements of the Distinguished Encoding Rules: identifier, length, content. X.690 §8.1 and §10.1. */

/** What kind of fault a DerError is. */
export type DerErrorCode = 'truncated' | 'trailing' | 'tag' | 'length' | 'value' | 'depth'

/** Bytes that are not the DER they should be. */
export class DerError extends Error {
  readonly code: DerErrorCode
  constructor(code: DerErrorCode, message: string) {
    super(message)
    this.name = 'DerError'
    this.code = code
  }
}

/** One decoded element. `bytes` is the whole of it, `content` what is inside; both are views, not copies. */
export type Element = {
  /** The identifier octet: class, constructed bit and number (only numbers under 31 occur in this field's formats). */
  readonly tag: number
  readonly content: Uint8Array
  readonly bytes: Uint8Array
  /** How many elements stand around this one. */
  readonly depth: number
}

/** Deeper nesting than any format here has; a bound against stacks made to overflow. */
export const MAX_DEPTH = 48

/** The element that starts at `start`, with nothing said of what follows it. */
export function readElement(bytes: Uint8Array, start: number, depth: number): Element {
  if (depth > MAX_DEPTH) throw new DerError('depth', `elements nested deeper than ${MAX_DEPTH}`)
  const tag = bytes[start]
  let length = bytes[start + 1]
  if (tag === undefined || length === undefined) throw new DerError('truncated', 'an element ends before its length')
  if ((tag & 0x1f) === 0x1f) throw new DerError('tag', 'a tag number of 31 or more')
  let contentStart = start + 2
  if (length >= 0x80) {
    const count = length & 0x7f
    if (count === 0) throw new DerError('length', 'an indefinite length, which DER does not have')
    if (count > 4) throw new DerError('length', `a length of ${count} bytes`)
    length = 0
    for (let index = 0; index < count; index++) {
      const byte = bytes[contentStart++]
      if (byte === undefined) throw new DerError('truncated', 'an element ends inside its length')
      length = length * 256 + byte
    }
    if (length < 0x80 || length < 256 ** (count - 1)) throw new DerError('length', 'a length in more bytes than needed')
  }
  const end = contentStart + length
  if (end > bytes.length)
    throw new DerError('truncated', `an element of ${length} bytes, of which ${bytes.length - contentStart} are there`)
  return { tag, content: bytes.subarray(contentStart, end), bytes: bytes.subarray(start, end), depth }
}

/** The one element that `bytes` is. */
export function onlyElement(bytes: Uint8Array, depth = 0): Element {
  const element = readElement(bytes, 0, depth)
  if (element.bytes.length !== bytes.length)
    throw new DerError('trailing', `${bytes.length - element.bytes.length} bytes after the element's end`)
  return element
}

/** The elements inside a constructed one, in order. */
export function elementsOf(parent: Element): Element[] {
  const elements: Element[] = []
  for (let start = 0; start < parent.content.length; ) {
    const element = readElement(parent.content, start, parent.depth + 1)
    elements.push(element)
    start += element.bytes.length
  }
  return elements
}

/** An element of that identifier around the concatenation of `parts`. */
export function writeElement(tag: number, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0
  for (const part of parts) length += part.length
  const lengthBytes = length < 0x80 ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : length < 0x1000000 ? 4 : 5
  const bytes = new Uint8Array(1 + lengthBytes + length)
  bytes[0] = tag
  if (lengthBytes === 1) bytes[1] = length
  else {
    bytes[1] = 0x80 | (lengthBytes - 1)
    for (let index = lengthBytes, rest = length; index > 1; index--, rest = Math.floor(rest / 256))
      bytes[index] = rest & 0xff
  }
  let position = 1 + lengthBytes
  for (const part of parts) {
    bytes.set(part, position)
    position += part.length
  }
  return bytes
}

/** An identifier octet as messages show it. */
export function tagName(tag: number): string {
  return `tag 0x${tag.toString(16).padStart(2, '0')}`
}
