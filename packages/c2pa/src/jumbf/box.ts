/** Boxes of the ISO base media format as JUMBF uses them. ISO/IEC 19566-5 §4, ISO/IEC 14496-12 §4.2. */
import { concatBytes, latin1Text, ReadError, Reader } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'

/** One box: LBox, TBox, XLBox where LBox is 1, payload. */
export type Box = {
  /** Four characters, each one byte. */
  readonly type: string
  /** The whole box with its header. */
  readonly bytes: Uint8Array
  /** What follows the header. */
  readonly payload: Uint8Array
}

/** The boxes that fill these bytes; throws C2paError `malformed_jumbf` when they don't. */
export function decodeBoxes(bytes: Uint8Array, limit = 65_536): Box[] {
  const boxes: Box[] = []
  for (let position = 0; position < bytes.length; ) {
    if (boxes.length >= limit) throw malformed(`more than ${limit} boxes`)
    const box = decodeFirstBox(bytes.subarray(position))
    boxes.push(box)
    position += box.bytes.length
  }
  return boxes
}

/** The box at the start of these bytes, whatever follows it. */
export function decodeFirstBox(bytes: Uint8Array): Box {
  const reader = new Reader(bytes)
  try {
    const short = reader.uint32()
    const type = latin1Text(reader.take(4))
    // LBox 0: up to the end. ISO/IEC 14496-12 §4.2.
    const length = short === 0 ? bytes.length : short === 1 ? reader.uint64() : short
    if (length < reader.position) throw malformed(`a box of length ${length}, less than its own header`)
    if (length > bytes.length) throw malformed(`a box of length ${length} where ${bytes.length} bytes are left`)
    const whole = bytes.subarray(0, length)
    return { type, bytes: whole, payload: whole.subarray(reader.position) }
  } catch (error) {
    if (error instanceof ReadError) throw malformed('a box header is cut short', error)
    throw error
  }
}

/** A box of that type around its payload, given in pieces. */
export function encodeBox(type: string, ...payload: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(8)
  let length = 8
  for (const piece of payload) length += piece.length
  if (length > 0xffffffff) throw new C2paError('too_large', 'A JUMBF box can not be longer than 4 GiB.')
  new DataView(header.buffer).setUint32(0, length)
  for (let index = 0; index < 4; index++) header[4 + index] = type.charCodeAt(index)
  return concatBytes([header, ...payload])
}

function malformed(what: string, cause?: unknown): C2paError {
  return new C2paError('malformed_jumbf', `JUMBF: ${what}`, { cause })
}
