/** The simple types of ASN.1 that certificates and their kin use. X.690 §8 and §11. */
import { latin1Text, utf8Bytes, utf8Text } from '../bytes.ts'
import { encodeHex } from '../hex.ts'
import { DerError, type Element } from './element.ts'
import { type Der, decodeOnly, tagged } from './type.ts'

/** BOOLEAN. */
export const boolean: Der<boolean> = tagged(
  0x01,
  (value) => [Uint8Array.of(value ? 0xff : 0)],
  ({ content }) => {
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff))
      throw new DerError('value', 'a BOOLEAN that is neither 00 nor FF')
    return content[0] === 0xff
  },
)

/** INTEGER of any size. */
export const integer: Der<bigint> = tagged(
  0x02,
  (value) => [integerContent(value)],
  ({ content }) => integerValue(content),
)

/** INTEGER that has to be small: a version, a path length, a number of seconds. */
export const smallInteger: Der<number> = tagged(0x02, (value) => [integerContent(BigInt(value))], smallIntegerValue)

/** ENUMERATED. */
export const enumerated: Der<number> = tagged(0x0a, (value) => [integerContent(BigInt(value))], smallIntegerValue)

/** The bytes of a BIT STRING, and how many bits of the last one don't count. */
export type BitString = { readonly bytes: Uint8Array; readonly unusedBits: number }

/** BIT STRING of any number of bits. */
export const bitString: Der<BitString> = tagged(
  0x03,
  (value) => [Uint8Array.of(value.unusedBits), value.bytes],
  ({ content }) => {
    const unusedBits = content[0]
    if (unusedBits === undefined || unusedBits > 7 || (unusedBits > 0 && content.length === 1))
      throw new DerError('value', 'a BIT STRING with a wrong number of unused bits')
    const bytes = content.subarray(1)
    if (unusedBits > 0 && ((bytes[bytes.length - 1] as number) & ((1 << unusedBits) - 1)) !== 0)
      throw new DerError('value', 'a BIT STRING whose unused bits are not zero')
    return { bytes, unusedBits }
  },
)

/** BIT STRING that holds whole bytes: a key, a signature. */
export const bitStringBytes: Der<Uint8Array> = tagged(
  0x03,
  (value) => [Uint8Array.of(0), value],
  (element) => {
    const { bytes, unusedBits } = bitString.fromElement(element)
    if (unusedBits !== 0) throw new DerError('value', 'a BIT STRING that does not hold whole bytes')
    return bytes
  },
)

/** BIT STRING of named bits, as the set of their numbers; trailing zero bits are not encoded (X.690 §11.2.2). */
export const namedBits: Der<ReadonlySet<number>> = tagged(
  0x03,
  (value) => {
    const highest = Math.max(-1, ...value)
    const bytes = new Uint8Array(Math.floor(highest / 8) + 1)
    for (const bit of value) bytes[bit >> 3] = (bytes[bit >> 3] as number) | (0x80 >> (bit & 7))
    return [Uint8Array.of(highest < 0 ? 0 : 7 - (highest & 7)), bytes]
  },
  (element) => {
    const { bytes } = bitString.fromElement(element)
    if (bytes.length > 32) throw new DerError('value', 'a set of named bits larger than any there is')
    const bits = new Set<number>()
    for (let bit = 0; bit < bytes.length * 8; bit++)
      if (((bytes[bit >> 3] as number) & (0x80 >> (bit & 7))) !== 0) bits.add(bit)
    return bits
  },
)

/** OCTET STRING. */
export const octetString: Der<Uint8Array> = tagged(
  0x04,
  (value) => [value],
  ({ content }) => content,
)

/** NULL. */
export const nullValue: Der<null> = tagged(
  0x05,
  () => [],
  ({ content }) => {
    if (content.length !== 0) throw new DerError('value', 'a NULL with content')
    return null
  },
)

/** OBJECT IDENTIFIER in dotted form. */
export const oid: Der<string> = tagged(
  0x06,
  (value) => [oidContent(value)],
  ({ content }) => oidValue(content),
)

/** UTF8String. */
export const utf8String: Der<string> = tagged(
  0x0c,
  (value) => [utf8Bytes(value)],
  ({ content }) => {
    try {
      return utf8Text(content)
    } catch {
      throw new DerError('value', 'a UTF8String that is not UTF-8')
    }
  },
)

/** PrintableString. */
export const printableString: Der<string> = characters(0x13, /^[A-Za-z0-9 '()+,\-./:=?]*$/, 'PrintableString')
/** IA5String: ASCII. */
export const ia5String: Der<string> = characters(0x16, /^[\0-\x7f]*$/, 'IA5String')
/** NumericString: digits and spaces. */
export const numericString: Der<string> = characters(0x12, /^[0-9 ]*$/, 'NumericString')
/** VisibleString: ASCII without control characters. */
export const visibleString: Der<string> = characters(0x1a, /^[\x20-\x7e]*$/, 'VisibleString')
/** TeletexString, read as ISO 8859-1 as everyone does. */
export const teletexString: Der<string> = characters(0x14, /^[\0-\xff]*$/, 'TeletexString')

/** BMPString: UTF-16 units, big-endian. */
export const bmpString: Der<string> = tagged(
  0x1e,
  (value) => {
    const bytes = new Uint8Array(value.length * 2)
    for (let index = 0; index < value.length; index++) {
      bytes[index * 2] = value.charCodeAt(index) >> 8
      bytes[index * 2 + 1] = value.charCodeAt(index) & 0xff
    }
    return [bytes]
  },
  ({ content }) => {
    if (content.length % 2 !== 0) throw new DerError('value', 'a BMPString of an odd number of bytes')
    let text = ''
    for (let index = 0; index < content.length; index += 2)
      text += String.fromCharCode(((content[index] as number) << 8) | (content[index + 1] as number))
    return text
  },
)

/** Years 1950 to 2049, to the second, in UTC. RFC 5280 §4.1.2.5.1. */
export const utcTime: Der<Date> = tagged(
  0x17,
  (value) => {
    const year = value.getUTCFullYear()
    if (year < 1950 || year > 2049) throw new DerError('value', `the year ${year}, which UTCTime can't write`)
    return [utf8Bytes(timeDigits(value).slice(2))]
  },
  ({ content }) => {
    const match = /^(\d\d)(\d{10})Z$/.exec(latin1Text(content))
    if (!match) throw new DerError('value', 'a UTCTime that is not YYMMDDHHMMSSZ')
    return dateOf(`${Number(match[1]) >= 50 ? '19' : '20'}${match[1]}${match[2]}`)
  },
)

/** To the second, in UTC. RFC 5280 §4.1.2.5.2. */
export const generalizedTime: Der<Date> = tagged(
  0x18,
  (value) => [utf8Bytes(timeDigits(value))],
  ({ content }) => {
    const match = /^(\d{14})Z$/.exec(latin1Text(content))
    if (!match) throw new DerError('value', 'a GeneralizedTime that is not YYYYMMDDHHMMSSZ')
    return dateOf(match[1] as string)
  },
)

/** GeneralizedTime that may carry fractions of a second, kept to the millisecond. RFC 3161 §2.4.2. */
export const generalizedTimeWithFraction: Der<Date> = tagged(
  0x18,
  (value) => {
    const fraction = String(value.getUTCMilliseconds()).padStart(3, '0').replace(/0+$/, '')
    return [utf8Bytes(fraction === '' ? timeDigits(value) : timeDigits(value).replace('Z', `.${fraction}Z`))]
  },
  ({ content }) => {
    const match = /^(\d{14})(?:\.(\d{0,11}[1-9]))?Z$/.exec(latin1Text(content))
    if (!match) throw new DerError('value', 'a GeneralizedTime that is not YYYYMMDDHHMMSS[.fraction]Z')
    const milliseconds = Number((match[2] ?? '').padEnd(3, '0').slice(0, 3))
    return new Date(dateOf(match[1] as string).getTime() + milliseconds)
  },
)

/** Any one element, as its bytes. */
export const any: Der<Uint8Array> = {
  tag: undefined,
  accepts: () => true,
  encode: (value) => value,
  decode: (bytes) =>
    decodeOnly(
      bytes,
      () => true,
      (element) => element.bytes,
    ),
  fromElement: (element) => element.bytes,
}

/** The content of an encoding that this package made. */
export function contentOf(encoded: Uint8Array): Uint8Array {
  const length = encoded[1] as number
  return encoded.subarray(length < 0x80 ? 2 : 2 + (length & 0x7f))
}

function characters(tag: number, allowed: RegExp, name: string): Der<string> {
  return tagged(
    tag,
    (value) => {
      if (!allowed.test(value)) throw new DerError('value', `characters that a ${name} can't hold`)
      return [Uint8Array.from(value, (character) => character.charCodeAt(0))]
    },
    ({ content }: Element) => {
      const text = latin1Text(content)
      if (!allowed.test(text)) throw new DerError('value', `characters that a ${name} can't hold`)
      return text
    },
  )
}

function integerContent(value: bigint): Uint8Array {
  if (value >= 0n && value < 0x80n) return Uint8Array.of(Number(value))
  let hex = (value < 0n ? -value - 1n : value).toString(16)
  if (hex.length % 2 === 1) hex = `0${hex}`
  if (Number.parseInt(hex.slice(0, 2), 16) >= 0x80) hex = `00${hex}`
  const bytes = new Uint8Array(hex.length / 2)
  for (let index = 0; index < bytes.length; index++) {
    const byte = Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16)
    bytes[index] = value < 0n ? ~byte & 0xff : byte
  }
  return bytes
}

function integerValue(content: Uint8Array): bigint {
  const first = content[0]
  if (first === undefined) throw new DerError('value', 'an INTEGER without content')
  const second = content[1]
  if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)))
    throw new DerError('value', 'an INTEGER in more bytes than needed')
  if (content.length > 4096) throw new DerError('value', 'an INTEGER of more than 4096 bytes')
  const value = BigInt(`0x${encodeHex(content)}`)
  return first >= 0x80 ? value - (1n << BigInt(content.length * 8)) : value
}

function smallIntegerValue({ content }: Element): number {
  if (content.length > 6) throw new DerError('value', 'an INTEGER larger than any that fits here')
  return Number(integerValue(content))
}

const encodedOids = new Map<string, Uint8Array>()

function oidContent(value: string): Uint8Array {
  const known = encodedOids.get(value)
  if (known) return known
  if (!/^[0-2](\.(0|[1-9]\d*))+$/.test(value)) throw new DerError('value', `not an object identifier: ${value}`)
  const [first, second, ...rest] = value.split('.').map(BigInt) as [bigint, bigint, ...bigint[]]
  if (first < 2n && second > 39n) throw new DerError('value', `not an object identifier: ${value}`)
  const bytes: number[] = []
  for (const arc of [first * 40n + second, ...rest]) {
    if (arc >= LARGEST_ARC) throw new DerError('value', `an object identifier with too large an arc: ${value}`)
    const septets = [Number(arc % 128n)]
    for (let high = arc / 128n; high > 0n; high /= 128n) septets.unshift(0x80 | Number(high % 128n))
    bytes.push(...septets)
  }
  const content = Uint8Array.from(bytes)
  if (encodedOids.size < 1000) encodedOids.set(value, content)
  return content
}

function oidValue(content: Uint8Array): string {
  if (content.length === 0 || content.length > 128 || (content[content.length - 1] as number) >= 0x80)
    throw new DerError('value', 'an OBJECT IDENTIFIER that is empty, too long or cut off')
  const arcs: (number | bigint)[] = []
  let start = 0
  for (let index = 0; index < content.length; index++) {
    if ((content[index] as number) >= 0x80) continue
    arcs.push(arcValue(content.subarray(start, index + 1)))
    start = index + 1
  }
  const head = arcs[0] as number | bigint
  const first = head < 40 ? 0 : head < 80 ? 1 : 2
  const second = typeof head === 'bigint' ? head - 80n : head - first * 40
  return [first, second, ...arcs.slice(1)].join('.')
}

/** Arcs reach 128 bits: those under 2.25 are UUIDs (X.667). */
const LARGEST_ARC = 1n << 133n

function arcValue(septets: Uint8Array): number | bigint {
  if (septets[0] === 0x80) throw new DerError('value', 'an OBJECT IDENTIFIER arc in more bytes than needed')
  if (septets.length > 19) throw new DerError('value', 'an OBJECT IDENTIFIER with too large an arc')
  if (septets.length > 7) return septets.reduce((arc, septet) => arc * 128n + BigInt(septet & 0x7f), 0n)
  let arc = 0
  for (const septet of septets) arc = arc * 128 + (septet & 0x7f)
  return arc
}

function timeDigits(value: Date): string {
  const iso = Number.isNaN(value.getTime()) ? '' : value.toISOString()
  // Years past 9999 have a sign and six digits.
  if (iso.length !== 24) throw new DerError('value', `a time that ASN.1 can't write: ${value.getTime()}`)
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 10)}${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`
}

function dateOf(digits: string): Date {
  const part = (start: number, end: number): number => Number(digits.slice(start, end))
  const year = part(0, 4)
  const time = Date.UTC(year, part(4, 6) - 1, part(6, 8), part(8, 10), part(10, 12), part(12, 14))
  const date = new Date(time)
  // Date takes the 31st of June for the 1st of July: what does not come back as it went in is no date.
  if (date.getUTCFullYear() !== year || timeDigits(date) !== `${digits}Z`)
    throw new DerError('value', `no such time: ${digits}`)
  return date
}
