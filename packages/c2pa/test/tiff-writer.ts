/** TIFFs put together field by field, right ones and wrong ones. */
import { concatBytes } from '@countersign/codec'

/** Values of a field: numbers of its type's size, or the bytes themselves. */
export type Field = readonly [tag: number, type: number, values: readonly number[] | Uint8Array, count?: number]

export type TiffOptions = { readonly littleEndian?: boolean; readonly isBig?: boolean }

const SIZES: { readonly [type: number]: number } = { 1: 1, 2: 1, 3: 2, 4: 4, 7: 1, 13: 4, 16: 8 }

/** A writer that appends, and knows where everything went. */
export class TiffWriter {
  readonly #littleEndian: boolean
  readonly isBig: boolean
  #pieces: Uint8Array[] = []
  length = 0

  constructor({ littleEndian = true, isBig = false }: TiffOptions = {}) {
    this.#littleEndian = littleEndian
    this.isBig = isBig
    const order = littleEndian ? [0x49, 0x49] : [0x4d, 0x4d]
    this.append(concatBytes([Uint8Array.from(order), this.#number(isBig ? 43 : 42, 2)]))
    if (isBig) this.append(concatBytes([this.#number(8, 2), this.#number(0, 2)]))
    this.append(this.#number(0, this.#width))
  }

  get #width(): number {
    return this.isBig ? 8 : 4
  }

  #number(value: number, size: number): Uint8Array {
    const bytes = new Uint8Array(size)
    for (let index = 0, rest = value; index < size; index++, rest = Math.floor(rest / 256))
      bytes[this.#littleEndian ? index : size - 1 - index] = rest % 256
    return bytes
  }

  /** Gives where it begins. */
  append(bytes: Uint8Array): number {
    const start = this.length
    this.#pieces.push(bytes)
    this.length += bytes.length
    return start
  }

  /** A directory, its longer values before it; gives where it begins. */
  directory(fields: readonly Field[], next = 0): number {
    const entries = fields.map(([tag, type, values, count]) => {
      const size = SIZES[type] ?? 1
      const bytes =
        values instanceof Uint8Array ? values : concatBytes(values.map((value) => this.#number(value, size)))
      const inline = bytes.length <= this.#width
      const value = inline
        ? concatBytes([bytes, new Uint8Array(this.#width - bytes.length)])
        : this.#number(this.append(bytes), this.#width)
      const many = this.#number(count ?? bytes.length / size, this.#width)
      return concatBytes([this.#number(tag, 2), this.#number(type, 2), many, value])
    })
    const head = this.#number(fields.length, this.isBig ? 8 : 2)
    return this.append(concatBytes([head, ...entries, this.#number(next, this.#width)]))
  }

  /** All of it, with the first directory there. */
  end(first: number): Uint8Array {
    const bytes = concatBytes(this.#pieces)
    bytes.set(this.#number(first, this.#width), this.isBig ? 8 : 4)
    return bytes
  }
}

export const SHORT = 3
export const LONG = 4
export const UNDEFINED = 7

/** A grey picture of four by three pixels whose one strip is at an offset; `more` comes in its place in the order. */
export function picture(strip: number, more: readonly Field[] = []): Field[] {
  const fields: Field[] = [
    [256, SHORT, [4]],
    [257, SHORT, [3]],
    [258, SHORT, [8]],
    [259, SHORT, [1]],
    [262, SHORT, [1]],
    [273, LONG, [strip]],
    [277, SHORT, [1]],
    [278, SHORT, [3]],
    [279, LONG, [12]],
  ]
  const kept = fields.filter(([tag]) => !more.some(([other]) => other === tag))
  return [...kept, ...more].sort(([a], [b]) => a - b)
}

export const PIXELS = Uint8Array.from({ length: 12 }, (_, index) => index * 20)

/** A picture, its directory at the end. */
export function tiffFile(more: readonly Field[] = [], options: TiffOptions = {}): Uint8Array {
  const writer = new TiffWriter(options)
  const strip = writer.append(PIXELS)
  return writer.end(writer.directory(picture(strip, more)))
}
