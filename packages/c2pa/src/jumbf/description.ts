/** JUMBF description box, `jumd`. ISO/IEC 19566-5 §4.3 and A.3. */
import { concatBytes, decodeHex, encodeHex, ReadError, Reader, utf8Bytes, utf8Text } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import { type Box, decodeBoxes, encodeBox } from './box.ts'

/**
 *     TYPE (16 bytes) | TOGGLES (1) | LABEL (UTF-8, 00) if 0x02 | ID (4) if 0x04 | SIGNATURE (32) if 0x08 | PRIVATE (boxes) if 0x10
 */
export type Description = {
  /** The content type, a UUID in lower-case hexadecimal without dashes. */
  readonly type: string
  /** Bit 0x01: others may refer to this box. */
  readonly requestable: boolean
  readonly label?: string
  readonly id?: number
  /** SHA-256 of the superbox's payload. */
  readonly signature?: Uint8Array
  /** The salt of C2PA's `c2sh` box (C2PA 2.2 §8.4.2.3), one of the private boxes. */
  readonly salt?: Uint8Array
}

const REQUESTABLE = 0x01
const LABEL = 0x02
const ID = 0x04
const SIGNATURE = 0x08
const PRIVATE = 0x10

/** Longer than any real one: what is found inside a box is told with the labels around it. */
const LONGEST_LABEL = 1024

export function encodeDescription(description: Description): Uint8Array<ArrayBuffer> {
  const { type, requestable, label, id, signature, salt } = description
  if (label?.includes('\0')) throw new C2paError('invalid_option', 'A JUMBF label can not hold a zero byte.')
  const toggles =
    (requestable ? REQUESTABLE : 0) |
    (label === undefined ? 0 : LABEL) |
    (id === undefined ? 0 : ID) |
    (signature ? SIGNATURE : 0) |
    (salt ? PRIVATE : 0)
  const parts: Uint8Array[] = [decodeHex(type), Uint8Array.of(toggles)]
  if (label !== undefined) parts.push(utf8Bytes(label), Uint8Array.of(0))
  if (id !== undefined) parts.push(Uint8Array.of(id >>> 24, id >>> 16, id >>> 8, id))
  if (signature) parts.push(signature)
  if (salt) parts.push(encodeBox('c2sh', salt))
  return encodeBox('jumd', concatBytes(parts))
}

/** From the `jumd` box; throws C2paError `malformed_jumbf`. */
export function decodeDescription(box: Box): Description {
  const reader = new Reader(box.payload)
  try {
    const type = encodeHex(reader.take(16))
    const toggles = reader.uint8()
    if ((toggles & ~0x1f) !== 0) throw malformed(`toggles 0x${toggles.toString(16)}`)
    const label = toggles & LABEL ? takeLabel(reader) : undefined
    const id = toggles & ID ? reader.uint32() : undefined
    const signature = toggles & SIGNATURE ? reader.take(32) : undefined
    const salt = toggles & PRIVATE ? takeSalt(reader) : undefined
    if (reader.remaining !== 0) throw malformed('bytes after its last field')
    return {
      type,
      requestable: (toggles & REQUESTABLE) !== 0,
      ...(label === undefined ? {} : { label }),
      ...(id === undefined ? {} : { id }),
      ...(signature ? { signature } : {}),
      ...(salt ? { salt } : {}),
    }
  } catch (error) {
    if (error instanceof ReadError) throw malformed('it is cut short', error)
    throw error
  }
}

function takeLabel(reader: Reader): string {
  const end = reader.bytes.indexOf(0, reader.position)
  if (end < 0) throw malformed('its label has no end')
  if (end - reader.position > LONGEST_LABEL) throw malformed(`a label of ${end - reader.position} bytes`)
  const bytes = reader.take(end - reader.position)
  reader.skip(1)
  try {
    return utf8Text(bytes)
  } catch (error) {
    throw malformed('its label is not UTF-8', error)
  }
}

function takeSalt(reader: Reader): Uint8Array | undefined {
  return decodeBoxes(reader.take(reader.remaining), 64).find((box) => box.type === 'c2sh')?.payload
}

function malformed(what: string, cause?: unknown): C2paError {
  return new C2paError('malformed_jumbf', `JUMBF description: ${what}`, { cause })
}
