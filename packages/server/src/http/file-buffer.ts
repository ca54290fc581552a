import { Refusal } from '../domain/refusal.ts'
import type { Claim } from './bytes-in-hand.ts'
import type { PartSink } from './multipart.ts'

/** How large a file of a form may be, and what its field is called in errors. */
export type FileBounds = { readonly field: string; readonly maxBytes: number; readonly expectedBytes: number }

/** One buffer of its own that can be handed to a thread; it grows when the client did not say how much comes. */
export class FileBuffer implements PartSink {
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0
  readonly #bounds: FileBounds
  readonly #claim: Pick<Claim, 'add'>

  constructor(bounds: FileBounds, claim: Pick<Claim, 'add'>) {
    this.#bytes = new Uint8Array(bounds.expectedBytes)
    this.#bounds = bounds
    this.#claim = claim
  }

  data(chunk: Uint8Array): void {
    const length = this.#length + chunk.length
    if (length > this.#bounds.maxBytes) throw tooLarge(this.#bounds)
    this.#claim.add(chunk.length)
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, Math.min(this.#bounds.maxBytes, 2 * length)))
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    this.#bytes.set(chunk, this.#length)
    this.#length = length
  }

  end(): void {}

  get length(): number {
    return this.#length
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }
}

/** The refusal of a file that is larger than its bounds. */
export function tooLarge({ field, maxBytes }: Pick<FileBounds, 'field' | 'maxBytes'>): Refusal {
  const megabytes = maxBytes / (1024 * 1024)
  const limit = megabytes >= 1 ? `${Math.floor(megabytes * 10) / 10} MB` : `${maxBytes} bytes`
  return new Refusal('too_large', 'invalid_request', `Invalid parameter ${field}. It may have at most ${limit}.`)
}
