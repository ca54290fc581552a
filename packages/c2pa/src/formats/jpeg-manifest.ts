/** JUMBF in APP11 segments. ISO/IEC 19566-5 D.2, C2PA 2.2 A.3.1. */
import { encodeHex, latin1Text } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import { type ByteRange, checkStoreLength } from './asset-format.ts'
import type { JpegSegment } from './jpeg.ts'

/*
 * A segment: FFEB | Lp (2, counts itself) | CI 'JP' | En (2, box instance) | Z (4, from 1) | LBox (4) | TBox (4, repeated) | payload.
 */
const OVERHEAD = 20
const BOX_HEADER = 8
/** As much of the box as c2pa-rs puts into one segment, header included; the most would be 65 525. */
const MOST_PAYLOAD = 63_992
/** What c2pa-rs writes; any number that the file does not use for another box will do. */
const PREFERRED_INSTANCE = 0x0211

/** Takes the segments of a manifest store out of the APP11 segments of a file, in the order they come. */
export class ManifestSegments {
  readonly #foreignInstances = new Set<number>()
  #container: { start: number; end: number } | undefined
  #instance = 0
  #sequence = 0
  #missing = 0
  #length = 0
  /** The store so far, with room behind it. A copy: its parts may be tiny, and each would hold on to what it was read with. */
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array()

  /** Whether this APP11 segment is one of the manifest store's. */
  add(segment: JpegSegment): boolean {
    const { payload } = segment
    if (payload.length < 8 || payload[0] !== 0x4a || payload[1] !== 0x50) return false
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
    const instance = view.getUint16(2)
    const sequence = view.getUint32(4)
    const follows = this.#container?.end === segment.start && this.#instance === instance
    if (follows && this.#missing > 0) {
      this.#continue(segment, sequence, view)
      return true
    }
    if (isManifestStore(payload)) {
      this.#begin(segment, instance, sequence, view)
      return true
    }
    if (follows && sequence === this.#sequence + 1) throw malformed('goes on past the length it states')
    this.#foreignInstances.add(instance)
    return false
  }

  /** Anything else came, or the end: a store that has begun must be whole by now. */
  interrupt(): void {
    if (this.#missing > 0) throw malformed('is cut short or its segments do not follow one another')
  }

  get store(): { bytes: Uint8Array; container: ByteRange } | undefined {
    if (!this.#container) return undefined
    const { start, end } = this.#container
    const bytes = this.#bytes.subarray(0, this.#length)
    // A box that states more than there is: it was reported, and what there is can be read.
    if (this.#missing > 0) new DataView(bytes.buffer).setUint32(0, bytes.length)
    return { bytes, container: { start, length: end - start } }
  }

  /** A box instance number that no other JUMBF box of the file has. */
  get boxInstance(): number {
    let instance = PREFERRED_INSTANCE
    while (this.#foreignInstances.has(instance)) instance = (instance % 0xffff) + 1
    return instance
  }

  #begin(segment: JpegSegment, instance: number, sequence: number, view: DataView): void {
    this.interrupt()
    if (this.#container) throw new C2paError('multiple_manifest_stores', 'The JPEG has two C2PA manifest stores.')
    if (sequence !== 1) throw malformed(`begins with segment number ${sequence}`)
    const length = view.getUint32(8)
    const part = segment.payload.subarray(8)
    if (length < part.length) throw malformed(`states a length of ${length} and has more`)
    this.#instance = instance
    this.#take(segment, sequence, part, length - part.length)
  }

  #continue(segment: JpegSegment, sequence: number, view: DataView): void {
    if (sequence !== this.#sequence + 1) throw malformed(`has segment ${sequence} after ${this.#sequence}`)
    const header = segment.payload.subarray(8, 8 + BOX_HEADER)
    if (view.byteLength < 8 + BOX_HEADER || encodeHex(header) !== encodeHex(this.#bytes.subarray(0, BOX_HEADER)))
      throw malformed('does not repeat its box header in each segment')
    const part = segment.payload.subarray(8 + BOX_HEADER)
    if (part.length > this.#missing) throw malformed('goes on past the length it states')
    this.#take(segment, sequence, part, this.#missing - part.length)
  }

  #take(segment: JpegSegment, sequence: number, part: Uint8Array, missing: number): void {
    this.#container = { start: this.#container?.start ?? segment.start, end: segment.end }
    this.#sequence = sequence
    this.#missing = missing
    const length = this.#length + part.length
    checkStoreLength(length)
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#length))
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes.set(part, this.#length)
    this.#length = length
  }
}

/**
 * CI, En, Z, LBox, 'jumb', then a description box of the manifest store's type. As other readers do, this goes by the
 * first four bytes of the type alone: what is no manifest store after all is malformed, and not one that only they see.
 */
function isManifestStore(payload: Uint8Array): boolean {
  return payload.length > 28 && latin1Text(payload.subarray(24, 28)) === 'c2pa'
}

export function containerLength(storeLength: number): number {
  const contents = storeLength - BOX_HEADER
  return contents + Math.ceil(contents / MOST_PAYLOAD) * OVERHEAD
}

export function writeContainer(target: Uint8Array, position: number, store: Uint8Array, boxInstance: number): void {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength)
  const header = store.subarray(0, BOX_HEADER)
  let at = position
  for (let from = BOX_HEADER, sequence = 1; from < store.length; from += MOST_PAYLOAD, sequence++) {
    const part = store.subarray(from, from + MOST_PAYLOAD)
    view.setUint16(at, 0xffeb)
    view.setUint16(at + 2, OVERHEAD - 2 + part.length)
    view.setUint16(at + 4, 0x4a50)
    view.setUint16(at + 6, boxInstance)
    view.setUint32(at + 8, sequence)
    target.set(header, at + 12)
    target.set(part, at + OVERHEAD)
    at += OVERHEAD + part.length
  }
}

function malformed(what: string): C2paError {
  return new C2paError('malformed_asset', `The JPEG is damaged: its C2PA manifest store ${what}.`)
}
