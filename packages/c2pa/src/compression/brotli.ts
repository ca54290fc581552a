/** Decompressing Brotli, as compressed manifests are. RFC 7932. Few browsers have it for scripts; here it runs anywhere, and within bounds. */
import { dictionary, wordOf } from './dictionary.ts'
import { literalContext } from './literal-contexts.ts'
import { BitReader, BrotliError, type PrefixCode, readPrefixCode } from './prefix-code.ts'

/** Base and extra bits of block lengths (§6), and of the lengths of inserts and copies (§5). */
const BLOCK_LENGTHS = ranges(1, [2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 7, 8, 9, 10, 11, 12, 13, 24])
const INSERT_LENGTHS = ranges(0, [0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 12, 14, 24])
const COPY_LENGTHS = ranges(2, [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 24])
/** The first code of each in every 64 symbols of the alphabet of both. §5. */
const INSERT_CODES = [0, 0, 0, 0, 8, 8, 0, 16, 8, 16, 16]
const COPY_CODES = [0, 8, 0, 8, 0, 8, 16, 0, 16, 8, 16]

type Range = readonly [base: number, extra: number]

function ranges(first: number, extras: readonly number[]): readonly Range[] {
  let base = first
  return extras.map((extra) => {
    const range: Range = [base, extra]
    base += 2 ** extra
    return range
  })
}

/** How much is still done: streams that share one have it together. */
export type BrotliBudget = {
  /** Of output. */
  bytes: number
  /** On codes and maps, of which a few bytes can ask for very many. */
  work: number
}

/** What reading a code counts for, where an entry of a map counts for one. */
const CODE_WORK = 64

/** For so many bytes, and ten times the work that compressing them well takes. */
export function brotliBudget(bytes: number): BrotliBudget {
  return { bytes, work: 2_000_000 }
}

/** The bytes that were compressed. Throws BrotliError for what is no stream, and where the budget is used up. */
export async function decompressBrotli(bytes: Uint8Array, budget: BrotliBudget): Promise<Uint8Array> {
  return new Decoder(bytes, budget, await dictionary()).all()
}

/** One of the three kinds of blocks that a meta-block is made of. §6. */
class Blocks {
  readonly #reader: BitReader
  readonly count: number
  readonly #types: PrefixCode | undefined
  readonly #lengths: PrefixCode | undefined
  type = 0
  #previous = 1
  #left: number

  constructor(reader: BitReader) {
    this.#reader = reader
    this.count = countOf(reader)
    // A single type goes on to the end.
    this.#left = Number.POSITIVE_INFINITY
    if (this.count < 2) return
    this.#types = readPrefixCode(reader, this.count + 2)
    this.#lengths = readPrefixCode(reader, BLOCK_LENGTHS.length)
    this.#left = lengthOf(reader, this.#lengths)
  }

  /** The type of the next element. */
  next(): number {
    if (this.#left === 0) {
      const code = this.#reader.symbol(this.#types as PrefixCode)
      const type = code === 0 ? this.#previous : code === 1 ? (this.type + 1) % this.count : code - 2
      this.#previous = this.type
      this.type = type
      this.#left = lengthOf(this.#reader, this.#lengths as PrefixCode)
    }
    this.#left--
    return this.type
  }
}

function lengthOf(reader: BitReader, code: PrefixCode): number {
  return valueIn(reader, BLOCK_LENGTHS[reader.symbol(code)] as Range)
}

function valueIn(reader: BitReader, [base, extra]: Range): number {
  return base + reader.bits(extra)
}

/** From 1 to 256. §9.2. */
function countOf(reader: BitReader): number {
  if (reader.bits(1) === 0) return 1
  const bits = reader.bits(3)
  return (1 << bits) + 1 + reader.bits(bits)
}

/** What a meta-block is decoded by. §9.2. */
type Codes = {
  readonly literals: readonly PrefixCode[]
  readonly literalModes: readonly number[]
  readonly literalMap: Uint8Array
  readonly commands: readonly PrefixCode[]
  readonly distances: readonly PrefixCode[]
  readonly distanceMap: Uint8Array
  readonly postfixBits: number
  readonly directDistances: number
}

class Decoder {
  readonly #reader: BitReader
  readonly #budget: BrotliBudget
  readonly #words: Uint8Array
  #output = new Uint8Array(1024)
  #length = 0
  /** The last four distances, the latest first. §4. */
  #distances = [4, 11, 15, 16]

  constructor(bytes: Uint8Array, budget: BrotliBudget, words: Uint8Array) {
    this.#reader = new BitReader(bytes)
    this.#budget = budget
    this.#words = words
  }

  all(): Uint8Array {
    const window = (1 << windowBits(this.#reader)) - 16
    for (let isLast = false; !isLast; ) {
      this.#reader.check()
      isLast = this.#reader.bits(1) === 1
      if (isLast && this.#reader.bits(1) === 1) break
      this.#metaBlock(isLast, window)
    }
    this.#reader.end()
    return this.#output.slice(0, this.#length)
  }

  #metaBlock(isLast: boolean, window: number): void {
    const reader = this.#reader
    const nibbles = reader.bits(2) + 4
    if (nibbles === 7) {
      this.#passOverMetadata()
      return
    }
    let length = 0
    for (let index = 0; index < nibbles; index++) length += reader.bits(4) * 2 ** (4 * index)
    if (nibbles > 4 && length < 2 ** (4 * (nibbles - 1))) throw new BrotliError('a length with leading zeros')
    this.#reserve(length + 1)
    if (!isLast && reader.bits(1) === 1) {
      reader.align()
      this.#append(reader.bytes(length + 1))
    } else this.#compressed(this.#length + length + 1, window)
  }

  #passOverMetadata(): void {
    const reader = this.#reader
    if (reader.bits(1) !== 0) throw new BrotliError('a reserved bit')
    const bytes = reader.bits(2)
    let length = 0
    for (let index = 0; index < bytes; index++) length += reader.bits(8) * 2 ** (8 * index)
    if (bytes > 1 && length < 2 ** (8 * (bytes - 1))) throw new BrotliError('a length with leading zeros')
    reader.align()
    if (bytes > 0) reader.bytes(length + 1)
  }

  /** Makes room for that many more, in steps. */
  #reserve(more: number): void {
    const left = this.#budget.bytes
    if (more > left) throw new BrotliError('more bytes than are read')
    this.#budget.bytes = left - more
    const needed = this.#length + more
    if (needed <= this.#output.length) return
    const grown = new Uint8Array(Math.min(this.#length + left, Math.max(needed, this.#output.length * 2)))
    grown.set(this.#output.subarray(0, this.#length))
    this.#output = grown
  }

  /** Takes from what is done for the headers of meta-blocks. */
  #spend(work: number): void {
    this.#budget.work -= work
    if (this.#budget.work < 0) throw new BrotliError('more codes than are read')
  }

  #append(bytes: Uint8Array): void {
    this.#output.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #compressed(end: number, window: number): void {
    const reader = this.#reader
    // Each kind of blocks has two codes, and each block at least one.
    this.#spend(9 * CODE_WORK)
    const literalBlocks = new Blocks(reader)
    const commandBlocks = new Blocks(reader)
    const distanceBlocks = new Blocks(reader)
    const codes = this.#readCodes(literalBlocks.count, commandBlocks.count, distanceBlocks.count)
    while (this.#length < end) {
      reader.check()
      const symbol = reader.symbol(codes.commands[commandBlocks.next()] as PrefixCode)
      const cell = symbol >> 6
      const insert = INSERT_LENGTHS[(INSERT_CODES[cell] as number) + ((symbol >> 3) & 7)] as Range
      const copy = COPY_LENGTHS[(COPY_CODES[cell] as number) + (symbol & 7)] as Range
      const insertLength = valueIn(reader, insert)
      const copyLength = valueIn(reader, copy)
      if (insertLength > end - this.#length) throw new BrotliError('more literals than the meta-block has')
      this.#literals(insertLength, literalBlocks, codes)
      if (this.#length >= end) return
      const code = cell < 2 ? 0 : this.#distanceCode(copyLength, distanceBlocks, codes)
      const distance = this.#distanceOf(code, codes)
      const farthest = Math.min(window, this.#length)
      if (distance > farthest) {
        const word = wordOf(this.#words, copyLength, distance - farthest - 1)
        if (word.length > end - this.#length) throw new BrotliError('a word longer than the meta-block')
        this.#append(word)
        continue
      }
      if (code !== 0) this.#distances = [distance, ...this.#distances.slice(0, 3)]
      if (copyLength > end - this.#length) throw new BrotliError('a copy longer than the meta-block')
      this.#copy(distance, copyLength)
    }
  }

  #readCodes(literalTypes: number, commandTypes: number, distanceTypes: number): Codes {
    const reader = this.#reader
    const postfixBits = reader.bits(2)
    const directDistances = reader.bits(4) << postfixBits
    const literalModes = Array.from({ length: literalTypes }, () => reader.bits(2))
    this.#spend(64 * literalTypes + 4 * distanceTypes)
    const literals = readContextMap(reader, 64 * literalTypes)
    const distances = readContextMap(reader, 4 * distanceTypes)
    this.#spend(CODE_WORK * (literals.count + commandTypes + distances.count))
    const distanceAlphabet = 16 + directDistances + (48 << postfixBits)
    const codes = (count: number, alphabet: number): PrefixCode[] =>
      Array.from({ length: count }, () => readPrefixCode(reader, alphabet))
    return {
      literalModes,
      literalMap: literals.map,
      literals: codes(literals.count, 256),
      commands: codes(commandTypes, 704),
      distanceMap: distances.map,
      distances: codes(distances.count, distanceAlphabet),
      postfixBits,
      directDistances,
    }
  }

  #literals(count: number, blocks: Blocks, { literals, literalModes, literalMap }: Codes): void {
    const output = this.#output
    let last = output[this.#length - 1] ?? 0
    let before = output[this.#length - 2] ?? 0
    for (let index = 0; index < count; index++) {
      const type = blocks.next()
      const context = literalContext(literalModes[type] as number, last, before)
      const literal = this.#reader.symbol(literals[literalMap[64 * type + context] as number] as PrefixCode)
      output[this.#length++] = literal
      before = last
      last = literal
    }
  }

  #distanceCode(copyLength: number, blocks: Blocks, { distances, distanceMap }: Codes): number {
    const context = Math.min(copyLength, 5) - 2
    return this.#reader.symbol(distances[distanceMap[4 * blocks.next() + context] as number] as PrefixCode)
  }

  /** §4. */
  #distanceOf(code: number, { postfixBits, directDistances }: Codes): number {
    if (code < 4) return this.#distances[code] as number
    if (code < 16) {
      const index = code < 10 ? code - 4 : code - 10
      const distance = (this.#distances[code < 10 ? 0 : 1] as number) + ((index >> 1) + 1) * (index % 2 === 0 ? -1 : 1)
      if (distance <= 0) throw new BrotliError('a distance of nothing')
      return distance
    }
    if (code < 16 + directDistances) return code - 15
    const value = code - 16 - directDistances
    const extra = 1 + (value >> (postfixBits + 1))
    const offset = ((2 + ((value >> postfixBits) & 1)) << extra) - 4
    const postfix = value & ((1 << postfixBits) - 1)
    return ((offset + this.#reader.bits(extra)) << postfixBits) + postfix + directDistances + 1
  }

  #copy(distance: number, count: number): void {
    const output = this.#output
    const start = this.#length - distance
    // Where source and target overlap, what was copied is copied again.
    if (distance >= count) output.copyWithin(this.#length, start, start + count)
    else if (distance === 1) output.fill(output[start] as number, this.#length, this.#length + count)
    else for (let index = 0; index < count; index++) output[this.#length + index] = output[start + index] as number
    this.#length += count
  }
}

/** §9.1. */
function windowBits(reader: BitReader): number {
  if (reader.bits(1) === 0) return 16
  const wide = reader.bits(3)
  if (wide !== 0) return 17 + wide
  const narrow = reader.bits(3)
  if (narrow === 1) throw new BrotliError('a window of no size')
  return narrow === 0 ? 17 : 8 + narrow
}

/** §7.3. */
function readContextMap(reader: BitReader, size: number): { readonly count: number; readonly map: Uint8Array } {
  const count = countOf(reader)
  const map = new Uint8Array(size)
  if (count === 1) return { count, map }
  const longestRun = reader.bits(1) === 0 ? 0 : reader.bits(4) + 1
  const code = readPrefixCode(reader, count + longestRun)
  for (let index = 0; index < size; ) {
    const symbol = reader.symbol(code)
    if (symbol > longestRun) map[index++] = symbol - longestRun
    else if (symbol === 0) index++
    else index += (1 << symbol) + reader.bits(symbol)
    if (index > size) throw new BrotliError('a run past the end of a context map')
  }
  if (reader.bits(1) === 1) undoMoveToFront(map)
  return { count, map }
}

function undoMoveToFront(map: Uint8Array): void {
  const order = Array.from({ length: 256 }, (_, index) => index)
  for (let index = 0; index < map.length; index++) {
    const [value] = order.splice(map[index] as number, 1)
    order.unshift(value as number)
    map[index] = value as number
  }
}
