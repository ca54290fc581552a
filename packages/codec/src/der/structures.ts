/** The structured types of ASN.1: SEQUENCE, SET OF, tags, CHOICE, OPTIONAL, DEFAULT. X.690 §8.9 to §8.14 and §11. */
import { compareBytes } from '../bytes.ts'
import { DerError, type Element, elementsOf, onlyElement, tagName } from './element.ts'
import { contentOf } from './primitives.ts'
import { checkedValue, type Der, decodeOnly, tagged } from './type.ts'

const ABSENCE: unique symbol = Symbol('absence')

/** A component that may be absent; `value` is what stands for its absence. */
export type Optional<T> = Der<T> & { readonly [ABSENCE]: { readonly value: T | undefined } }

/** Absent when undefined. */
export function optional<T>(type: Der<T>): Optional<T> {
  return { ...type, [ABSENCE]: { value: undefined } }
}

/** DEFAULT: not encoded when equal; read when absent. An encoded default is let through, since certificates in use have it. */
export function withDefault<T>(type: Der<T>, value: T): Optional<T> {
  return { ...type, [ABSENCE]: { value } }
}

function absenceOf<T>(type: Der<T>): { readonly value: T | undefined } | undefined {
  return (type as Partial<Optional<T>>)[ABSENCE]
}

/** The types of a SEQUENCE's components, in order. */
export type Components<T> = { readonly [K in keyof T]-?: Der<Exclude<T[K], undefined>> }

/** SEQUENCE. An OPTIONAL component that is absent is left out of the value. */
export function sequence<T extends object>(components: Components<T>): Der<T> {
  const entries = Object.entries(components) as [string, Der<unknown>][]
  return tagged<T>(
    0x30,
    (value) => {
      const parts: Uint8Array[] = []
      for (const [name, type] of entries) {
        const component = (value as Record<string, unknown>)[name]
        const absence = absenceOf(type)
        if (absence && (component === undefined || component === absence.value)) continue
        parts.push(type.encode(component))
      }
      return parts
    },
    (element) => {
      const elements = elementsOf(element)
      const value: Record<string, unknown> = {}
      let index = 0
      for (const [name, type] of entries) {
        const next = elements[index]
        const absence = absenceOf(type)
        if (next !== undefined && (!absence || type.accepts(next.tag))) {
          value[name] = checkedValue(type, next, name)
          index++
        } else if (!absence) throw new DerError('truncated', `${name} is missing`)
        else if (absence.value !== undefined) value[name] = absence.value
      }
      const surplus = elements[index]
      if (surplus) throw new DerError('trailing', `${tagName(surplus.tag)} after the last component`)
      return value as T
    },
  )
}

/** SEQUENCE OF. */
export function sequenceOf<T>(type: Der<T>): Der<readonly T[]> {
  return tagged<readonly T[]>(
    0x30,
    (values) => values.map((value) => type.encode(value)),
    (element) => elementsOf(element).map((item, index) => checkedValue(type, item, `item ${index}`)),
  )
}

/** SET OF: encoded in the order of X.690 §11.6, read in any, since signatures cover the bytes as they came. */
export function setOf<T>(type: Der<T>): Der<readonly T[]> {
  return tagged<readonly T[]>(
    0x31,
    (values) => values.map((value) => type.encode(value)).sort(compareBytes),
    (element) => elementsOf(element).map((item, index) => checkedValue(type, item, `item ${index}`)),
  )
}

/** [number] EXPLICIT. */
export function explicit<T>(number: number, type: Der<T>): Der<T> {
  return tagged<T>(
    0xa0 | number,
    (value) => [type.encode(value)],
    (element) => checkedValue(type, onlyElement(element.content, element.depth + 1), `[${number}]`),
  )
}

/** [number] IMPLICIT: the constructed bit stays the type's own. */
export function implicit<T>(number: number, type: Der<T>): Der<T> {
  if (type.tag === undefined) throw new TypeError('a type with more than one tag can only be tagged explicitly')
  const tag = 0x80 | (type.tag & 0x20) | number
  return tagged<T>(tag, (value) => [contentOf(type.encode(value))], type.fromElement)
}

/** A value of one of several types, by name. */
export type Choice<T> = { readonly [K in keyof T]: { readonly type: K; readonly value: T[K] } }[keyof T]

/** CHOICE: the alternatives by name, told apart by their identifiers. */
export function choice<T extends object>(alternatives: { readonly [K in keyof T]: Der<T[K]> }): Der<Choice<T>> {
  const entries = Object.entries(alternatives) as [keyof T & string, Der<unknown>][]
  const accepts = (tag: number): boolean => entries.some(([, type]) => type.accepts(tag))
  const fromElement = (element: Element): Choice<T> => {
    const entry = entries.find(([, type]) => type.accepts(element.tag))
    if (!entry) throw new DerError('tag', `${tagName(element.tag)} is none of the choices`)
    return { type: entry[0], value: entry[1].fromElement(element) } as Choice<T>
  }
  return {
    tag: undefined,
    accepts,
    encode: ({ type, value }) => (alternatives[type] as Der<unknown>).encode(value),
    decode: (bytes) => decodeOnly(bytes, accepts, fromElement),
    fromElement,
  }
}

/** A value together with the very bytes that it was decoded from: what a signature covers. */
export type Captured<T> = { readonly value: T; readonly bytes: Uint8Array }

/** Keeps the bytes; encoding writes them as they are. Inside IMPLICIT the kept bytes have the implicit tag. */
export function captured<T>(type: Der<T>): Der<Captured<T>> {
  const fromElement = (element: Element): Captured<T> => ({ value: type.fromElement(element), bytes: element.bytes })
  return {
    tag: type.tag,
    accepts: type.accepts,
    encode: ({ bytes }) => bytes,
    decode: (bytes) => decodeOnly(bytes, type.accepts, fromElement),
    fromElement,
  }
}

/** An OCTET STRING that holds the DER of a value. */
export function octetStringOf<T>(type: Der<T>): Der<T> {
  return tagged<T>(
    0x04,
    (value) => [type.encode(value)],
    (element) => checkedValue(type, onlyElement(element.content, element.depth + 1), 'inside the OCTET STRING'),
  )
}

/** A type that refers to itself. */
export function lazy<T>(type: () => Der<T>): Der<T> {
  return {
    tag: undefined,
    accepts: (tag) => type().accepts(tag),
    encode: (value) => type().encode(value),
    decode: (bytes) => type().decode(bytes),
    fromElement: (element) => type().fromElement(element),
  }
}
