/** Writing CBOR in the deterministic encoding of RFC 8949 §4.2.1. What manifests are made of is written here, all else by cborg. */
import { compareBytes, utf8Bytes } from '@countersign/codec'
import { type EncodeOptions, encode, objectToTokens, rfc8949EncodeOptions, Tagged } from 'cborg'
import { type CborObject, CborTag, type CborValue, DEEPEST } from './cbor.ts'

const ENCODERS: NonNullable<EncodeOptions['typeEncoders']> = {
  Object: (value, _type, options, references) =>
    value instanceof CborTag ? objectToTokens(new Tagged(value.tag, value.value), options, references) : null,
}
const OPTIONS: EncodeOptions = { ...rfc8949EncodeOptions, ignoreUndefinedProperties: true, typeEncoders: ENCODERS }

/** Most of what is written fits in, and it is there for the next. */
const ROOM = 16_384
let spare: Uint8Array | undefined

/** Deterministic encoding; members whose value is undefined are left out. Throws for what CBOR has no form for. */
export function encodeCbor(value: CborValue): Uint8Array {
  const writer = new Writer(spare ?? new Uint8Array(ROOM))
  // Taken for as long as it is in use: a getter among the members may ask for an encoding of its own.
  spare = undefined
  writer.write(value, 0)
  return writer.end()
}

/** Major types, RFC 8949 §3.1. */
const UNSIGNED = 0
const NEGATIVE = 1
const BYTES = 2
const TEXT = 3
const ARRAY = 4
const MAP = 5
const TAG = 6
const SIMPLE = { false: 0xf4, true: 0xf5, null: 0xf6, undefined: 0xf7 }

class Writer {
  #bytes: Uint8Array
  #length = 0

  constructor(room: Uint8Array) {
    this.#bytes = room
  }

  end(): Uint8Array {
    const written = this.#bytes.slice(0, this.#length)
    if (this.#bytes.length === ROOM) spare = this.#bytes
    return written
  }

  write(value: CborValue, depth: number): void {
    if (depth > DEEPEST) throw new RangeError(`CBOR nested deeper than ${DEEPEST}`)
    if (typeof value === 'string') this.#text(value)
    else if (typeof value === 'number' && Number.isSafeInteger(value))
      value >= 0 ? this.#head(UNSIGNED, value) : this.#head(NEGATIVE, -1 - value)
    else if (typeof value === 'boolean') this.#byte(value ? SIMPLE.true : SIMPLE.false)
    else if (value === null) this.#byte(SIMPLE.null)
    else if (value === undefined) this.#byte(SIMPLE.undefined)
    else if (value instanceof Uint8Array) this.#bytesOf(BYTES, value)
    else if (Array.isArray(value)) {
      this.#head(ARRAY, value.length)
      for (let index = 0; index < value.length; index++) this.write(value[index], depth + 1)
    } else if (value instanceof CborTag) {
      this.#head(TAG, value.tag)
      this.write(value.value, depth + 1)
    } else if (value instanceof Map && isLikeObject(value)) this.#object(Object.fromEntries(value), depth)
    else if (isPlain(value)) this.#object(value, depth)
    else this.#append(encode(value, OPTIONS))
  }

  #object(object: CborObject, depth: number): void {
    const keys = Object.keys(object).filter((key) => object[key] !== undefined)
    this.#head(MAP, keys.length)
    for (const key of sorted(keys)) {
      this.#text(key)
      this.write(object[key], depth + 1)
    }
  }

  #text(text: string): void {
    const { length } = text
    if (!isAscii(text)) {
      this.#bytesOf(TEXT, utf8Bytes(text))
      return
    }
    this.#head(TEXT, length)
    this.#reserve(length)
    const bytes = this.#bytes
    const start = this.#length
    for (let index = 0; index < length; index++) bytes[start + index] = text.charCodeAt(index)
    this.#length += length
  }

  #bytesOf(major: number, bytes: Uint8Array): void {
    this.#head(major, bytes.length)
    this.#append(bytes)
  }

  /** The major type with its argument in the shortest form. §3. */
  #head(major: number, argument: number): void {
    const type = major << 5
    if (argument < 24) this.#byte(type | argument)
    else if (argument <= 0xff) this.#numbers(type | 24, 1, argument)
    else if (argument <= 0xffff) this.#numbers(type | 25, 2, argument)
    else if (argument <= 0xffffffff) this.#numbers(type | 26, 4, argument)
    else this.#numbers(type | 27, 8, argument)
  }

  #numbers(first: number, size: number, argument: number): void {
    this.#byte(first)
    this.#reserve(size)
    let rest = argument
    for (let index = this.#length + size - 1; index >= this.#length; index--) {
      this.#bytes[index] = rest % 0x100
      rest = Math.floor(rest / 0x100)
    }
    this.#length += size
  }

  #byte(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = byte
  }

  #append(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #reserve(length: number): void {
    const needed = this.#length + length
    if (needed <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}

function isPlain(value: object | bigint | number): value is CborObject {
  if (typeof value !== 'object') return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

/** As headers are, which are written several times for each signature; in an object, what is undefined would be left out. */
function isLikeObject(map: ReadonlyMap<CborValue, CborValue>): map is ReadonlyMap<string, CborValue> {
  for (const [key, value] of map) if (typeof key !== 'string' || value === undefined) return false
  return true
}

/** In the order of their encodings: a shorter text begins with a smaller byte. §4.2.1. */
function sorted(keys: string[]): string[] {
  if (keys.every(isAscii)) return keys.sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
  return keys
    .map((key) => ({ key, bytes: utf8Bytes(key) }))
    .sort((a, b) => a.bytes.length - b.bytes.length || compareBytes(a.bytes, b.bytes))
    .map(({ key }) => key)
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false
  return true
}
