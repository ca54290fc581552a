/** A format as one value that both encodes and decodes, so that the two directions can't drift apart. */
import { DerError, type Element, onlyElement, tagName, writeElement } from './element.ts'

/** One ASN.1 type: how its values are written and read. */
export type Der<T> = {
  /** Whether an element with this identifier can be one of these; decides OPTIONAL, DEFAULT and CHOICE. */
  accepts(tag: number): boolean
  /** The identifier of what is encoded, where it is always the same one: what IMPLICIT replaces. */
  readonly tag: number | undefined
  encode(value: T): Uint8Array
  /** The value of `bytes`, every one of them; throws DerError. */
  decode(bytes: Uint8Array): T
  /** The value of an element whose identifier was accepted. */
  fromElement(element: Element): T
}

/** A type with one identifier. `contents` gives what goes inside, in pieces. */
export function tagged<T>(
  tag: number,
  contents: (value: T) => readonly Uint8Array[],
  fromElement: (element: Element) => T,
): Der<T> {
  const accepts = (candidate: number): boolean => candidate === tag
  return {
    tag,
    accepts,
    encode: (value) => writeElement(tag, contents(value)),
    decode: (bytes) => decodeOnly(bytes, accepts, fromElement),
    fromElement,
  }
}

/** The value of bytes that are one accepted element and nothing more. */
export function decodeOnly<T>(
  bytes: Uint8Array,
  accepts: (tag: number) => boolean,
  fromElement: (element: Element) => T,
): T {
  const element = onlyElement(bytes)
  if (!accepts(element.tag)) throw new DerError('tag', `${tagName(element.tag)} is not the expected one`)
  return fromElement(element)
}

/** The value of one element inside another, its identifier checked. */
export function checkedValue<T>(type: Der<T>, element: Element, what: string): T {
  if (!type.accepts(element.tag)) throw new DerError('tag', `${what}: ${tagName(element.tag)} is not the expected one`)
  return type.fromElement(element)
}
