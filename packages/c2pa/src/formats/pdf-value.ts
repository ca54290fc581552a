/** What PDF files are written in: values, and indirect objects around them. ISO 32000-2 §7.2 and §7.3. */
import { latin1Text } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'

/** Text strings are not kept: nothing here asks for them. */
export type PdfValue = null | boolean | number | PdfName | PdfReference | readonly PdfValue[] | PdfDictionary

export type PdfName = { readonly name: string }

/** To an indirect object. §7.3.10. */
export type PdfReference = { readonly number: number; readonly generation: number }

export type PdfDictionary = ReadonlyMap<string, PdfValue>

/** An indirect object; `data` is where the bytes of a stream begin, counted from the first byte that was read of it. */
export type PdfObject = PdfReference & { readonly value: PdfValue; readonly data?: number }

/** How many values may still be read. */
export type ValueBudget = { left: number }

/** More bytes are needed to tell what stands here. */
export class CutShort extends Error {}

const DEEPEST = 32

export function isName(value: PdfValue | undefined, name: string): boolean {
  return nameOf(value) === name
}

export function nameOf(value: PdfValue | undefined): string | undefined {
  return typeof value === 'object' && value !== null && 'name' in value ? value.name : undefined
}

export function isReference(value: PdfValue | undefined): value is PdfReference {
  return typeof value === 'object' && value !== null && 'generation' in value
}

export function isDictionary(value: PdfValue | undefined): value is PdfDictionary {
  return value instanceof Map
}

/** Reads values from bytes that may end too early: then it throws CutShort; C2paError `malformed_asset` for what is none. */
export class PdfReader {
  readonly #bytes: Uint8Array
  readonly #budget: ValueBudget
  position: number

  constructor(bytes: Uint8Array, budget: ValueBudget, position = 0) {
    this.#bytes = bytes
    this.#budget = budget
    this.position = position
  }

  /** A value, and whatever stands inside it. */
  value(depth = 0): PdfValue {
    if (depth > DEEPEST) throw malformed(`values nested deeper than ${DEEPEST}`)
    if (--this.#budget.left < 0) throw malformed('more values than are read')
    this.skipSpace()
    const byte = this.#peek()
    if (byte === SLASH) return { name: this.#name() }
    if (byte === LESS) return this.#peek(1) === LESS ? this.#dictionary(depth) : this.#hexadecimalString()
    if (byte === OPEN_BRACKET) return this.#array(depth)
    if (byte === OPEN_PARENTHESIS) return this.#literalString()
    if (isNumeric(byte)) return this.#numberOrReference()
    const word = this.word()
    if (word === 'true' || word === 'false') return word === 'true'
    if (word === 'null') return null
    throw malformed(`${JSON.stringify(word.slice(0, 20))} where a value is expected`)
  }

  /** `n g obj`, a value, and `stream` if it is one. §7.3.8 and §7.3.10. */
  object(): PdfObject {
    const number = this.natural()
    const generation = this.natural()
    if (this.word() !== 'obj') throw malformed('an object without its keyword')
    const value = this.value()
    const word = this.word()
    if (word !== 'stream' || !isDictionary(value)) return { number, generation, value }
    if (this.#peek() === CARRIAGE_RETURN) this.position++
    if (this.#peek() !== LINE_FEED) throw malformed('no line end behind the keyword stream')
    return { number, generation, value, data: this.position + 1 }
  }

  /** The next run of regular characters, after white space. */
  word(): string {
    this.skipSpace()
    const start = this.position
    while (isRegular(this.#peek())) this.position++
    return latin1Text(this.#bytes.subarray(start, this.position))
  }

  /** A number without sign and fraction. */
  natural(): number {
    const word = this.word()
    if (!/^[0-9]{1,15}$/.test(word)) throw malformed(`${JSON.stringify(word.slice(0, 20))} where a number is expected`)
    return Number(word)
  }

  /** White space and comments. §7.2.3 and §7.2.4. */
  skipSpace(): void {
    for (;;) {
      const byte = this.#peek()
      if (byte === PERCENT) while (!isLineEnd(this.#peek())) this.position++
      else if (isSpace(byte)) this.position++
      else return
    }
  }

  #peek(ahead = 0): number {
    const byte = this.#bytes[this.position + ahead]
    if (byte === undefined) throw new CutShort()
    return byte
  }

  /** `#xx` stands for a character. §7.3.5. */
  #name(): string {
    this.position++
    const start = this.position
    while (isRegular(this.#peek())) this.position++
    const text = latin1Text(this.#bytes.subarray(start, this.position))
    return text.replace(/#([0-9A-Fa-f]{2})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)))
  }

  #numberOrReference(): number | PdfReference {
    const word = this.word()
    if (!/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)$/.test(word))
      throw malformed(`the number ${JSON.stringify(word.slice(0, 20))}`)
    const number = Number(word)
    if (!/^[0-9]+$/.test(word)) return number
    const afterNumber = this.position
    this.skipSpace()
    if (isDigit(this.#peek())) {
      const generation = this.word()
      this.skipSpace()
      if (this.#peek() === LETTER_R && !isRegular(this.#peek(1)) && /^[0-9]{1,5}$/.test(generation)) {
        this.position++
        return { number, generation: Number(generation) }
      }
    }
    this.position = afterNumber
    return number
  }

  #array(depth: number): PdfValue[] {
    this.position++
    const values: PdfValue[] = []
    for (;;) {
      this.skipSpace()
      if (this.#peek() === CLOSE_BRACKET) break
      values.push(this.value(depth + 1))
    }
    this.position++
    return values
  }

  /** Of a key that comes twice the last value counts. */
  #dictionary(depth: number): PdfDictionary {
    this.position += 2
    const entries = new Map<string, PdfValue>()
    for (;;) {
      this.skipSpace()
      if (this.#peek() === GREATER) break
      if (this.#peek() !== SLASH) throw malformed('a dictionary with a key that is no name')
      entries.set(this.#name(), this.value(depth + 1))
    }
    if (this.#peek(1) !== GREATER) throw malformed('a dictionary without its end')
    this.position += 2
    return entries
  }

  /** §7.3.4.2. */
  #literalString(): null {
    let open = 0
    do {
      const byte = this.#peek()
      this.position++
      if (byte === BACKSLASH) this.position++
      else if (byte === OPEN_PARENTHESIS) open++
      else if (byte === CLOSE_PARENTHESIS) open--
    } while (open > 0)
    return null
  }

  #hexadecimalString(): null {
    while (this.#peek() !== GREATER) this.position++
    this.position++
    return null
  }
}

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const PERCENT = 0x25
const OPEN_PARENTHESIS = 0x28
const CLOSE_PARENTHESIS = 0x29
const SLASH = 0x2f
const LESS = 0x3c
const GREATER = 0x3e
const LETTER_R = 0x52
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === 0x09 || byte === 0x0c || byte === 0
}

function isLineEnd(byte: number): boolean {
  return byte === LINE_FEED || byte === CARRIAGE_RETURN
}

/** Neither white space nor a delimiter. §7.2.3. */
function isRegular(byte: number): boolean {
  return !isSpace(byte) && !'()<>[]{}/%'.includes(String.fromCharCode(byte))
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function isNumeric(byte: number): boolean {
  return isDigit(byte) || byte === 0x2b || byte === 0x2d || byte === 0x2e
}

function malformed(what: string): C2paError {
  return new C2paError('malformed_asset', `The PDF is damaged: ${what}.`)
}
