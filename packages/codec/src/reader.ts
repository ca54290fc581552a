/** A bounded reader of big-endian binary formats: no read past the end, and no length believed before it is checked. */

/** A read past the end of the bytes. */
export class ReadError extends Error {
  readonly code = 'truncated'
  constructor(message: string) {
    super(message)
    this.name = 'ReadError'
  }
}

/** Reads from `position` on, which moves past what was read. */
export class Reader {
  readonly bytes: Uint8Array
  readonly #view: DataView
  position: number

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = position
  }

  get remaining(): number {
    return this.bytes.length - this.position
  }

  #advance(length: number): number {
    // A length that was computed may be negative, and would lead back into a loop.
    if (!(length >= 0 && length <= this.remaining) || !Number.isInteger(length))
      throw new ReadError(`${length} bytes wanted at ${this.position}, ${this.remaining} there`)
    const start = this.position
    this.position += length
    return start
  }

  uint8(): number {
    return this.#view.getUint8(this.#advance(1))
  }
  uint16(): number {
    return this.#view.getUint16(this.#advance(2))
  }
  uint32(): number {
    return this.#view.getUint32(this.#advance(4))
  }
  /** Throws ReadError past 2^53, where no file reaches. */
  uint64(): number {
    const value = this.#view.getBigUint64(this.#advance(8))
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new ReadError(`a length of ${value}`)
    return Number(value)
  }
  /** A view of the next `length` bytes. */
  take(length: number): Uint8Array {
    const start = this.#advance(length)
    return this.bytes.subarray(start, start + length)
  }
  skip(length: number): void {
    this.#advance(length)
  }
}
