/** DEFLATE in its zlib wrapping, as PDF has it; never more bytes than are asked for. RFC 1950, RFC 1951. */
import { C2paError } from '../c2pa-error.ts'

/** The bytes that the data stand for; throws C2paError `malformed_asset`, and `too_large` for more than `most`. The checksum is not looked at. */
export function inflate(data: Uint8Array, most: number): Uint8Array {
  const [method = 0, flags = 0] = data
  const hasDictionary = (flags & 0x20) !== 0
  if ((method & 0x0f) !== 8 || ((method << 8) | flags) % 31 !== 0 || hasDictionary)
    throw malformed('they do not begin as zlib data do')
  const output = new Output(most)
  const input = new BitReader(data, 2)
  for (let isLast = false; !isLast; ) {
    isLast = input.bits(1) === 1
    const type = input.bits(2)
    if (type === 0) storedBlock(input, output)
    else if (type === 1) compressedBlock(input, output, FIXED_LITERALS, FIXED_DISTANCES)
    else if (type === 2) dynamicBlock(input, output)
    else throw malformed('a block of type 3')
  }
  return output.bytes()
}

class Output {
  readonly #most: number
  #bytes = new Uint8Array(1024)
  length = 0

  constructor(most: number) {
    this.#most = most
  }

  push(byte: number): void {
    if (this.length === this.#bytes.length) this.#grow(this.length + 1)
    this.#bytes[this.length++] = byte
  }

  append(bytes: Uint8Array): void {
    this.#grow(this.length + bytes.length)
    this.#bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** What was written `distance` bytes ago, again; it may overlap with what it writes. */
  repeat(distance: number, length: number): void {
    if (distance > this.length) throw malformed('they refer to what is before them')
    this.#grow(this.length + length)
    for (let index = 0; index < length; index++) {
      this.#bytes[this.length] = this.#bytes[this.length - distance] as number
      this.length++
    }
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }

  #grow(needed: number): void {
    if (needed > this.#most)
      throw new C2paError('too_large', `Compressed data stand for more than ${this.#most} bytes.`)
    if (needed <= this.#bytes.length) return
    const larger = new Uint8Array(Math.min(this.#most, Math.max(needed, 2 * this.#bytes.length)))
    larger.set(this.bytes())
    this.#bytes = larger
  }
}

class BitReader {
  readonly #data: Uint8Array
  #position: number
  #buffer = 0
  #count = 0

  constructor(data: Uint8Array, position: number) {
    this.#data = data
    this.#position = position
  }

  bits(count: number): number {
    while (this.#count < count) {
      if (this.#position >= this.#data.length) throw malformed('they are cut short')
      this.#buffer |= (this.#data[this.#position++] as number) << this.#count
      this.#count += 8
    }
    const value = this.#buffer & ((1 << count) - 1)
    this.#buffer >>>= count
    this.#count -= count
    return value
  }

  /** From the next whole byte on. */
  take(length: number): Uint8Array {
    if (this.#position + length > this.#data.length) throw malformed('they are cut short')
    this.#position += length
    return this.#data.subarray(this.#position - length, this.#position)
  }

  align(): void {
    this.#buffer = 0
    this.#count = 0
  }
}

/** §3.2.4. */
function storedBlock(input: BitReader, output: Output): void {
  input.align()
  const header = input.take(4)
  const length = (header[0] as number) | ((header[1] as number) << 8)
  const complement = (header[2] as number) | ((header[3] as number) << 8)
  if (length !== (~complement & 0xffff)) throw malformed('the length of a stored block')
  output.append(input.take(length))
}

/** A canonical Huffman code: how many codes there are of each length, and their symbols in order. §3.2.2. */
type Code = { readonly counts: Uint16Array; readonly symbols: Uint16Array }

const LONGEST_CODE = 15

function codeOf(lengths: Uint8Array): Code {
  const counts = new Uint16Array(LONGEST_CODE + 1)
  for (const length of lengths) counts[length] = (counts[length] as number) + 1
  counts[0] = 0
  let left = 1
  for (let length = 1; length <= LONGEST_CODE; length++) {
    left = 2 * left - (counts[length] as number)
    if (left < 0) throw malformed('a code with more symbols than it has room for')
  }
  const places = new Uint16Array(LONGEST_CODE + 2)
  for (let length = 1; length <= LONGEST_CODE; length++)
    places[length + 1] = (places[length] as number) + (counts[length] as number)
  const symbols = new Uint16Array(lengths.length)
  for (const [symbol, length] of lengths.entries()) {
    if (length === 0) continue
    symbols[places[length] as number] = symbol
    places[length] = (places[length] as number) + 1
  }
  return { counts, symbols }
}

function symbolOf({ counts, symbols }: Code, input: BitReader): number {
  let code = 0
  let first = 0
  let index = 0
  for (let length = 1; length <= LONGEST_CODE; length++) {
    code |= input.bits(1)
    const count = counts[length] as number
    if (code - first < count) return symbols[index + code - first] as number
    index += count
    first = (first + count) << 1
    code <<= 1
  }
  throw malformed('a code that stands for nothing')
}

/** The least length or distance of each symbol, and how many more bits it has. §3.2.5. */
const LENGTHS = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
]
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
const DISTANCE_BITS = Array.from({ length: 30 }, (_, symbol) => Math.max(0, (symbol >> 1) - 1))
const DISTANCES = DISTANCE_BITS.map((bits, symbol) => (symbol < 2 ? symbol + 1 : ((2 + (symbol & 1)) << bits) + 1))

function compressedBlock(input: BitReader, output: Output, literals: Code, distances: Code): void {
  for (;;) {
    const symbol = symbolOf(literals, input)
    if (symbol < 256) output.push(symbol)
    else if (symbol === 256) return
    else {
      const length = LENGTHS[symbol - 257]
      if (length === undefined) throw malformed(`the length symbol ${symbol}`)
      const whole = length + input.bits(LENGTH_BITS[symbol - 257] as number)
      const place = symbolOf(distances, input)
      const distance = DISTANCES[place]
      if (distance === undefined) throw malformed(`the distance symbol ${place}`)
      output.repeat(distance + input.bits(DISTANCE_BITS[place] as number), whole)
    }
  }
}

/** §3.2.6. */
const FIXED_LITERALS = codeOf(
  Uint8Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
)
const FIXED_DISTANCES = codeOf(new Uint8Array(30).fill(5))

/** The order in which the lengths of the code for lengths come. §3.2.7. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

function dynamicBlock(input: BitReader, output: Output): void {
  const literals = input.bits(5) + 257
  const distances = input.bits(5) + 1
  const meta = new Uint8Array(19)
  for (const symbol of ORDER.slice(0, input.bits(4) + 4)) meta[symbol] = input.bits(3)
  const code = codeOf(meta)
  const lengths = new Uint8Array(literals + distances)
  for (let index = 0; index < lengths.length; ) {
    const symbol = symbolOf(code, input)
    if (symbol < 16) {
      lengths[index++] = symbol
      continue
    }
    if (symbol === 16 && index === 0) throw malformed('a length that repeats none')
    const length = symbol === 16 ? (lengths[index - 1] as number) : 0
    const times = symbol === 16 ? 3 + input.bits(2) : symbol === 17 ? 3 + input.bits(3) : 11 + input.bits(7)
    if (index + times > lengths.length) throw malformed('more lengths than symbols')
    lengths.fill(length, index, index + times)
    index += times
  }
  compressedBlock(input, output, codeOf(lengths.subarray(0, literals)), codeOf(lengths.subarray(literals)))
}

function malformed(what: string): C2paError {
  return new C2paError('malformed_asset', `Compressed data are damaged: ${what}.`)
}
