/** CBOR values, RFC 8949, and reading them with bounds on depth and on what is believed. */
import { equalBytes, utf8Bytes } from '@countersign/codec'
import { type Token, Tokenizer, Type } from 'cborg'
import { C2paError } from './c2pa-error.ts'

/** A tagged item. RFC 8949 §3.4. */
export class CborTag {
  readonly tag: number
  readonly value: CborValue
  constructor(tag: number, value: CborValue) {
    this.tag = tag
    this.value = value
  }
}

/** A map all of whose keys are text. Read with Object.hasOwn or cborField: keys come from outside. */
export type CborObject = { readonly [key: string]: CborValue }

/** A map with any other key is a Map. */
export type CborValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | undefined
  | Uint8Array
  | CborTag
  | CborObject
  | ReadonlyMap<CborValue, CborValue>
  | readonly CborValue[]

export type CborDecodeOptions = {
  /** Refuse lengths and integers that are not in their shortest form, and indefinite lengths. RFC 8949 §4.2.1. */
  readonly strict?: boolean
  /** Zeros may follow. */
  readonly isPadded?: boolean
  /** Shared by all that one file holds. */
  readonly budget?: ItemBudget
}

/** How many items may still be read. */
export type ItemBudget = { left: number }

/** How deep items may be nested. */
export const DEEPEST = 32
/** Far more items than any manifest has, and few enough that their objects fit in memory. */
const MOST_ITEMS = 1_000_000

/** The only item of these bytes; throws C2paError `malformed_cbor`. */
export function decodeCbor(bytes: Uint8Array, options: CborDecodeOptions = {}): CborValue {
  try {
    return new Builder(bytes, options).only()
  } catch (error) {
    if (error instanceof C2paError) throw error
    throw malformed(error instanceof Error ? error.message : String(error), error)
  }
}

/** Whether this is a map with text keys only. */
export function isCborObject(value: CborValue): value is CborObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof CborTag) &&
    !(value instanceof Map)
  )
}

/** Own member of a map by name: undefined where it is absent, also for names such as `constructor`. */
export function cborField(value: CborValue, name: string): CborValue {
  return isCborObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

function malformed(message: string, cause?: unknown): C2paError {
  return new C2paError('malformed_cbor', message.replace(/^CBOR decode error: /, 'CBOR: '), { cause })
}

const BREAK = Symbol('break')

/** cborg reads the heads; the structure is built here, where depth and number of items are bounded. */
class Builder {
  readonly #tokenizer: Tokenizer
  readonly #bytes: Uint8Array
  readonly #budget: ItemBudget
  readonly #isPadded: boolean

  constructor(bytes: Uint8Array, options: CborDecodeOptions) {
    const { strict = false, isPadded = false, budget = { left: MOST_ITEMS } } = options
    this.#bytes = bytes
    this.#budget = budget
    this.#isPadded = isPadded
    this.#tokenizer = new Tokenizer(bytes, {
      strict,
      allowIndefinite: !strict,
      allowUndefined: true,
      allowBigInt: true,
      retainStringBytes: false,
    })
  }

  only(): CborValue {
    const value = this.#item(0)
    if (value === BREAK) throw malformed('CBOR: a break outside an indefinite length')
    const isPadding = this.#isPadded && this.#bytes.subarray(this.#tokenizer.pos()).every((byte) => byte === 0)
    if (!isPadding && !this.#tokenizer.done())
      throw malformed(`CBOR: bytes after the item, at ${this.#tokenizer.pos()}`)
    return value
  }

  #item(depth: number): CborValue | typeof BREAK {
    if (depth > DEEPEST) throw malformed(`CBOR: nested deeper than ${DEEPEST}`)
    if (--this.#budget.left < 0) throw malformed('CBOR: more items than are read from one file')
    if (this.#tokenizer.done()) throw malformed('CBOR: ends in the middle of an item')
    const token: Token = this.#tokenizer.next()
    if (Type.equals(token.type, Type.break)) return BREAK
    if (Type.equals(token.type, Type.array)) return this.#array(token.value, depth)
    if (Type.equals(token.type, Type.map)) return this.#map(token.value, depth)
    if (Type.equals(token.type, Type.tag)) return new CborTag(token.value, this.#value(depth + 1))
    if (Type.equals(token.type, Type.string)) return this.#checkedText(token.value)
    return token.value
  }

  #value(depth: number): CborValue {
    const value = this.#item(depth)
    if (value === BREAK) throw malformed('CBOR: a break in the middle of an item')
    return value
  }

  #array(length: number, depth: number): CborValue[] {
    const values: CborValue[] = []
    while (values.length < length) {
      const value = this.#item(depth + 1)
      if (value === BREAK) {
        if (length === Number.POSITIVE_INFINITY) break
        throw malformed('CBOR: a break in an array of known length')
      }
      values.push(value)
    }
    return values
  }

  #map(length: number, depth: number): CborObject | ReadonlyMap<CborValue, CborValue> {
    const entries = new Map<CborValue, CborValue>()
    let isText = true
    while (entries.size < length) {
      const key = this.#item(depth + 1)
      if (key === BREAK) {
        if (length === Number.POSITIVE_INFINITY) break
        throw malformed('CBOR: a break in a map of known length')
      }
      if (typeof key !== 'string') isText = false
      if (entries.has(key)) throw malformed(`CBOR: the map key ${JSON.stringify(String(key)).slice(0, 80)} twice`)
      entries.set(key, this.#value(depth + 1))
    }
    if (!isText) return entries
    // No prototype: a key such as __proto__ or constructor is a member like any other.
    const object: { [key: string]: CborValue } = Object.create(null)
    for (const [key, value] of entries) object[key as string] = value
    return object
  }

  /** cborg reads what is not UTF-8 as U+FFFD; RFC 8949 §5.3.1 calls it invalid. */
  #checkedText(text: string): string {
    if (!text.includes('\ufffd')) return text
    const end = this.#tokenizer.pos()
    const expected = utf8Bytes(text)
    if (!equalBytes(this.#bytes.subarray(Math.max(0, end - expected.length), end), expected))
      throw malformed('CBOR: a text that is not UTF-8')
    return text
  }
}
