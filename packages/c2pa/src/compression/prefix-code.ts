/** Bits and prefix codes of Brotli streams. RFC 7932 §1.5.1 and §3. */

/** What is wrong with a stream: told to nobody but the caller, who knows what it stands for. */
export class BrotliError extends Error {}

/** Reads bits, the least significant of each byte first. Past the end there are zeros, and `check` tells. */
export class BitReader {
  readonly #bytes: Uint8Array
  #position = 0
  #hold = 0
  #held = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** The next `count` bits, up to 24, as a number. */
  bits(count: number): number {
    this.#fill(count)
    const value = this.#hold & ((1 << count) - 1)
    this.#hold >>>= count
    this.#held -= count
    return value
  }

  /** The next symbol of a code. */
  symbol({ counts, symbols }: PrefixCode): number {
    // A code of one symbol has no bits.
    if (symbols.length === 1) return symbols[0] as number
    this.#fill(LONGEST_CODE)
    let code = 0
    let first = 0
    let index = 0
    for (let length = 1; length <= LONGEST_CODE; length++) {
      code |= (this.#hold >>> (length - 1)) & 1
      const count = counts[length] as number
      if (code - first < count) {
        this.#hold >>>= length
        this.#held -= length
        return symbols[index + code - first] as number
      }
      index += count
      first = (first + count) << 1
      code <<= 1
    }
    throw new BrotliError('bits that are no code')
  }

  /** Passes over the rest of a byte that was begun; it has to be zero. */
  align(): void {
    if (this.bits(this.#held % 8) !== 0) throw new BrotliError('padding that is not zero')
  }

  /** Whole bytes, after `align`. */
  bytes(count: number): Uint8Array {
    const start = this.#position - this.#held / 8
    if (start + count > this.#bytes.length) throw new BrotliError('it ends too early')
    this.#position = start + count
    this.#hold = 0
    this.#held = 0
    return this.#bytes.subarray(start, start + count)
  }

  /** Throws where more was read than there is. */
  check(): void {
    if (this.#position - (this.#held >> 3) > this.#bytes.length) throw new BrotliError('it ends too early')
  }

  /** Throws where anything is left but the rest of a byte. */
  end(): void {
    this.align()
    if (this.#position - this.#held / 8 !== this.#bytes.length) throw new BrotliError('bytes after its end')
  }

  #fill(count: number): void {
    while (this.#held < count) {
      this.#hold |= (this.#bytes[this.#position++] ?? 0) << this.#held
      this.#held += 8
    }
  }
}

/** A canonical code: how many symbols have each length, and the symbols in order. */
export type PrefixCode = { readonly counts: Uint16Array; readonly symbols: Uint16Array }

const LONGEST_CODE = 15
/** In which order the lengths of the code for lengths come. §3.5. */
const LENGTH_ORDER = [1, 2, 3, 4, 0, 5, 17, 6, 16, 7, 8, 9, 10, 11, 12, 13, 14, 15]
/** Their own code, §3.5: lengths 0 to 5. */
const LENGTH_CODE: PrefixCode = codeOf([2, 4, 3, 2, 2, 4])

function codeOf(lengths: ArrayLike<number>): PrefixCode {
  const counts = new Uint16Array(LONGEST_CODE + 1)
  let used = 0
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] as number
    if (length === 0) continue
    counts[length] = (counts[length] as number) + 1
    used++
  }
  const next = new Uint16Array(LONGEST_CODE + 1)
  for (let length = 1; length < LONGEST_CODE; length++)
    next[length + 1] = (next[length] as number) + (counts[length] as number)
  const symbols = new Uint16Array(used)
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] as number
    if (length === 0) continue
    symbols[next[length] as number] = symbol
    next[length] = (next[length] as number) + 1
  }
  return { counts, symbols }
}

/** Reads a code for an alphabet of that size. §3.4 and §3.5. */
export function readPrefixCode(reader: BitReader, alphabet: number): PrefixCode {
  reader.check()
  const skipped = reader.bits(2)
  return skipped === 1 ? simpleCode(reader, alphabet) : complexCode(reader, alphabet, skipped)
}

function simpleCode(reader: BitReader, alphabet: number): PrefixCode {
  const bits = 32 - Math.clz32(alphabet - 1)
  const count = reader.bits(2) + 1
  const listed = Array.from({ length: count }, () => reader.bits(bits))
  if (listed.some((symbol) => symbol >= alphabet) || new Set(listed).size !== count)
    throw new BrotliError('a code of symbols that are not there, or twice')
  const lengths = new Uint8Array(alphabet)
  const shape = SHAPES[count === 4 && reader.bits(1) === 1 ? 4 : count - 1] as readonly number[]
  for (const [index, symbol] of listed.entries()) lengths[symbol] = shape[index] as number
  return codeOf(lengths)
}

/** Lengths of the codes of one, two, three and four symbols, and of the other shape with four. §3.4. */
const SHAPES: readonly (readonly number[])[] = [[1], [1, 1], [1, 2, 2], [2, 2, 2, 2], [1, 2, 3, 3]]

function complexCode(reader: BitReader, alphabet: number, skipped: number): PrefixCode {
  const ofLengths = new Uint8Array(LENGTH_ORDER.length)
  let space = 32
  let used = 0
  for (let index = skipped; index < LENGTH_ORDER.length && space > 0; index++) {
    const length = reader.symbol(LENGTH_CODE)
    ofLengths[LENGTH_ORDER[index] as number] = length
    if (length === 0) continue
    space -= 32 >> length
    used++
  }
  if (space !== 0 && used !== 1) throw new BrotliError('a code that is not complete')
  return codeOf(readLengths(reader, alphabet, codeOf(ofLengths)))
}

function readLengths(reader: BitReader, alphabet: number, code: PrefixCode): Uint8Array {
  const lengths = new Uint8Array(alphabet)
  let space = 1 << LONGEST_CODE
  let previous = 8
  let repeated = 0
  let repeatedLength = 0
  for (let symbol = 0; symbol < alphabet && space > 0; ) {
    const length = reader.symbol(code)
    if (length < 16) {
      repeated = 0
      lengths[symbol++] = length
      if (length === 0) continue
      previous = length
      space -= (1 << LONGEST_CODE) >> length
      continue
    }
    const extra = length - 14
    const again = length === 16 ? previous : 0
    if (again !== repeatedLength) repeated = 0
    repeatedLength = again
    const before = repeated
    if (repeated > 0) repeated = (repeated - 2) << extra
    repeated += reader.bits(extra) + 3
    const more = repeated - before
    if (symbol + more > alphabet) throw new BrotliError('a code of more symbols than there are')
    lengths.fill(again, symbol, symbol + more)
    symbol += more
    if (again !== 0) space -= more << (LONGEST_CODE - again)
  }
  if (space !== 0) throw new BrotliError('a code that is not complete')
  return lengths
}
