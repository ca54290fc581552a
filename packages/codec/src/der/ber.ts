/** What older programs write: BER, put into the one form that DER leaves of it. X.690 §8.1.3 and §8.7.3. */
import { concatBytes } from '../bytes.ts'
import { DerError, MAX_DEPTH, tagName, writeElement } from './element.ts'
import { contentOf } from './primitives.ts'

const CONSTRUCTED = 0x20
const OCTET_STRING = 0x04
const INDEFINITE = 0x80
/** Some hundred times what a file of keys and certificates has: each one costs more than its bytes. */
const MOST_ELEMENTS = 50_000

/**
 * The same elements with definite, shortest lengths and each OCTET STRING in one piece; throws DerError. What lies inside
 * OCTET STRINGs stays as it is, and so do pieces under an implicit tag, since only who knows the type knows that they are some.
 */
export function derFromBer(bytes: Uint8Array): Uint8Array {
  const { der, end } = convert(bytes, 0, 0, { left: MOST_ELEMENTS })
  if (end !== bytes.length) throw new DerError('trailing', `${bytes.length - end} bytes after the element's end`)
  return der
}

type Converted = { readonly tag: number; readonly der: Uint8Array; readonly end: number }

/** How many elements may still come. */
type Budget = { left: number }

function convert(bytes: Uint8Array, start: number, depth: number, budget: Budget): Converted {
  if (budget.left-- === 0) throw new DerError('value', `more than ${MOST_ELEMENTS} elements`)
  if (depth > MAX_DEPTH) throw new DerError('depth', `elements nested deeper than ${MAX_DEPTH}`)
  const tag = bytes[start]
  const first = bytes[start + 1]
  if (tag === undefined || first === undefined) throw new DerError('truncated', 'an element ends before its length')
  if ((tag & 0x1f) === 0x1f) throw new DerError('tag', 'a tag number of 31 or more')
  const isConstructed = (tag & CONSTRUCTED) !== 0
  if (first === INDEFINITE) {
    if (!isConstructed) throw new DerError('length', 'an indefinite length of what has no elements')
    const { parts, end } = partsUntilMark(bytes, start + 2, depth + 1, budget)
    return { ...joined(tag, parts), end }
  }
  const { contentStart, end } = extent(bytes, start + 1, first)
  if (!isConstructed) return { tag, der: writeElement(tag, [bytes.subarray(contentStart, end)]), end }
  const parts: Converted[] = []
  for (let at = contentStart; at < end; ) {
    // Cut to its end: an element inside can't reach beyond the one around it.
    const part = convert(bytes.subarray(0, end), at, depth + 1, budget)
    parts.push(part)
    at = part.end
  }
  return { ...joined(tag, parts), end }
}

/** Where the content is that a definite length tells of. X.690 §8.1.3.4 and §8.1.3.5. */
function extent(bytes: Uint8Array, start: number, first: number): { contentStart: number; end: number } {
  let contentStart = start + 1
  let length = first
  if (first > 0x80) {
    const count = first & 0x7f
    if (count > 4) throw new DerError('length', `a length of ${count} bytes`)
    length = 0
    for (let index = 0; index < count; index++) {
      const byte = bytes[contentStart++]
      if (byte === undefined) throw new DerError('truncated', 'an element ends inside its length')
      length = length * 256 + byte
    }
  }
  const end = contentStart + length
  if (end > bytes.length)
    throw new DerError('truncated', `an element of ${length} bytes, of which ${bytes.length - contentStart} are there`)
  return { contentStart, end }
}

/** The elements up to the two zero bytes that end an indefinite length. X.690 §8.1.5. */
function partsUntilMark(
  bytes: Uint8Array,
  start: number,
  depth: number,
  budget: Budget,
): { parts: Converted[]; end: number } {
  const parts: Converted[] = []
  let at = start
  while (bytes[at] !== 0 || bytes[at + 1] !== 0) {
    const part = convert(bytes, at, depth, budget)
    parts.push(part)
    at = part.end
  }
  return { parts, end: at + 2 }
}

/** A constructed element of converted ones; OCTET STRINGs in pieces become one. */
function joined(tag: number, parts: readonly Converted[]): Pick<Converted, 'tag' | 'der'> {
  const isStructure = tag >= 0x40 || tag === 0x30 || tag === 0x31
  if (isStructure)
    return {
      tag,
      der: writeElement(
        tag,
        parts.map(({ der }) => der),
      ),
    }
  if (tag !== (OCTET_STRING | CONSTRUCTED)) throw new DerError('tag', `${tagName(tag)}, a constructed string`)
  const contents = parts.map((part) => {
    if (part.tag !== OCTET_STRING) throw new DerError('tag', `${tagName(part.tag)} as a piece of an OCTET STRING`)
    return contentOf(part.der)
  })
  return { tag: OCTET_STRING, der: writeElement(OCTET_STRING, [concatBytes(contents)]) }
}
