/** Distinguished names, RFC 5280 §4.1.2.4 and Appendix A.1. */
import { type Der, DerError, der, encodeHex, equalBytes, latin1Text } from '@countersign/codec'
import { named, PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'

/** How the text of an attribute is encoded; `other` for what is no text, whose value is then shown as `#` and its DER in hexadecimal. */
export type AttributeEncoding = 'utf8' | 'printable' | 'ia5' | 'teletex' | 'bmp' | 'numeric' | 'other'

/** AttributeTypeAndValue. `bytes` is the value's DER, as it came or as it will be written. */
export type Attribute = {
  readonly type: string
  readonly value: string
  readonly encoding: AttributeEncoding
  readonly bytes: Uint8Array
}

/** Most often one attribute, seldom several that stand side by side. */
export type RelativeDistinguishedName = readonly Attribute[]

/**
 *     Name ::= CHOICE { rdnSequence SEQUENCE OF RelativeDistinguishedName }
 *     RelativeDistinguishedName ::= SET SIZE (1..MAX) OF AttributeTypeAndValue
 *     AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY }
 */
export type Name = readonly RelativeDistinguishedName[]

type AttributeTypeAndValue = { readonly type: string; readonly value: Uint8Array }
const AttributeTypeAndValue: Der<AttributeTypeAndValue> = der.sequence<AttributeTypeAndValue>({
  type: der.oid,
  value: der.any,
})

const RdnSequence = der.sequenceOf(der.setOf(AttributeTypeAndValue))

/** Encodings of names that were read or written before: issuing writes the same issuer thousands of times. */
const encodings = new WeakMap<Name, Uint8Array>()

const MOST_ATTRIBUTES = 100

/** The DER codec of Name. */
export const Name: Der<Name> = named('a Name', {
  tag: RdnSequence.tag,
  accepts: RdnSequence.accepts,
  encode: encodeName,
  decode: (bytes) => nameOf(bytes, RdnSequence.decode(bytes)),
  fromElement: (element) => nameOf(element.bytes, RdnSequence.fromElement(element)),
})

function encodeName(value: Name): Uint8Array {
  const known = encodings.get(value)
  if (known) return known
  const bytes = RdnSequence.encode(value.map((rdn) => rdn.map(({ type, bytes }) => ({ type, value: bytes }))))
  encodings.set(value, bytes)
  return bytes
}

function nameOf(bytes: Uint8Array, rdns: readonly (readonly AttributeTypeAndValue[])[]): Name {
  let count = 0
  const value = rdns.map((rdn) => {
    count += rdn.length
    if (rdn.length === 0) throw new DerError('value', 'a RelativeDistinguishedName of no attributes')
    if (count > MOST_ATTRIBUTES) throw new DerError('value', `a name of more than ${MOST_ATTRIBUTES} attributes`)
    return rdn.map(attributeFrom)
  })
  encodings.set(value, bytes)
  return value
}

const TEXTS: { readonly [tag: number]: { readonly encoding: AttributeEncoding; readonly type: Der<string> } } = {
  12: { encoding: 'utf8', type: der.utf8String },
  19: { encoding: 'printable', type: der.printableString },
  18: { encoding: 'numeric', type: der.numericString },
  20: { encoding: 'teletex', type: der.teletexString },
  22: { encoding: 'ia5', type: der.ia5String },
  30: { encoding: 'bmp', type: der.bmpString },
}

function attributeFrom({ type, value: bytes }: AttributeTypeAndValue): Attribute {
  const element = der.onlyElement(bytes)
  const text = TEXTS[element.tag]
  if (!text) return { type, value: `#${encodeHex(bytes)}`, encoding: 'other', bytes }
  // PrintableStrings with characters they can't hold are about (`@`, `&`, `*`): read as everyone reads them.
  const value =
    text.encoding === 'printable' || text.encoding === 'numeric'
      ? latin1Text(element.content)
      : text.type.fromElement(element)
  return { type, value, encoding: text.encoding, bytes }
}

/** Short names of attribute types, RFC 4514 §3 and those that OpenSSL made common. */
/** The attribute types that have a short name here. */
export type AttributeName =
  | 'CN'
  | 'O'
  | 'OU'
  | 'C'
  | 'L'
  | 'ST'
  | 'STREET'
  | 'DC'
  | 'UID'
  | 'SN'
  | 'GN'
  | 'serialNumber'
  | 'title'
  | 'dnQualifier'
  | 'organizationIdentifier'
  | 'emailAddress'

const SHORT_NAMES: Readonly<Record<AttributeName, string>> = {
  CN: oids.commonName,
  O: oids.organizationName,
  OU: oids.organizationalUnitName,
  C: oids.countryName,
  L: oids.localityName,
  ST: oids.stateOrProvinceName,
  STREET: oids.streetAddress,
  DC: oids.domainComponent,
  UID: oids.userId,
  SN: oids.surname,
  GN: oids.givenName,
  serialNumber: oids.serialNumber,
  title: oids.title,
  dnQualifier: oids.dnQualifier,
  organizationIdentifier: oids.organizationIdentifier,
  emailAddress: oids.emailAddress,
}

const SHORT_NAME_OF = new Map<string, string>(Object.entries(SHORT_NAMES).map(([short, type]) => [type, short]))

/** Attributes of X.520 and their like that may only be PrintableString or IA5String (RFC 5280 Appendix A.1). */
const FIXED_ENCODINGS: { readonly [type: string]: AttributeEncoding } = {
  [oids.countryName]: 'printable',
  [oids.serialNumber]: 'printable',
  [oids.dnQualifier]: 'printable',
  [oids.domainComponent]: 'ia5',
  [oids.emailAddress]: 'ia5',
}

/** A name of one attribute a level, in the order given: `name({ C: 'DE', O: 'Example', CN: 'Someone' })`. */
export function name(attributes: { readonly [A in AttributeName]?: string | readonly string[] | undefined }): Name {
  const rdns: RelativeDistinguishedName[] = []
  for (const [short, values] of Object.entries(attributes)) {
    if (values === undefined) continue
    const type = SHORT_NAMES[short as AttributeName]
    if (!type) throw new PkiError('invalid_argument', `no attribute type is called ${short}`)
    for (const value of typeof values === 'string' ? [values] : values) rdns.push([attribute(type, value)])
  }
  return rdns
}

/** An attribute in the encoding its type demands, UTF-8 where it has the choice (RFC 5280 §4.1.2.4). */
export function attribute(type: string, value: string): Attribute {
  const encoding = FIXED_ENCODINGS[type] ?? 'utf8'
  const text = encoding === 'printable' ? der.printableString : encoding === 'ia5' ? der.ia5String : der.utf8String
  try {
    return { type, value, encoding, bytes: text.encode(value) }
  } catch (error) {
    throw new PkiError('invalid_argument', `${SHORT_NAME_OF.get(type) ?? type}: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

/** The name as text, RFC 4514: last level first. */
export function nameText(value: Name): string {
  return [...value]
    .reverse()
    .map((rdn) => rdn.map(attributeText).join('+'))
    .join(',')
}

function attributeText({ type, value, encoding, bytes }: Attribute): string {
  const short = SHORT_NAME_OF.get(type)
  if (short === undefined) return `${type}=#${encodeHex(bytes)}`
  return `${short}=${encoding === 'other' ? value : escapeValue(value)}`
}

function escapeValue(value: string): string {
  return value
    .replace(/[\\",+;<>]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ')
    .replace(/\p{Cc}/gu, (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** The last attribute of that type, the one nearest to the subject itself. */
export function attributeValue(value: Name, type: string): string | undefined {
  return value.flat().findLast((candidate) => candidate.type === type)?.value
}

/** CN, where there is one. */
export function commonName(value: Name): string | undefined {
  return attributeValue(value, oids.commonName)
}

/** O, where there is one. */
export function organization(value: Name): string | undefined {
  return attributeValue(value, oids.organizationName)
}

/** Whether two names are the same, RFC 5280 §7.1: letter case, encoding and runs of spaces make no difference. */
export function equalNames(a: Name, b: Name): boolean {
  if (a === b || equalBytes(encodeName(a), encodeName(b))) return true
  return a.length === b.length && isWithin(a, b)
}

/** Whether `name` stands under `base`, RFC 5280 §4.2.1.10: the first levels of both are the same. */
export function isWithin(value: Name, base: Name): boolean {
  const levels = comparableLevels(value)
  return value.length >= base.length && comparableLevels(base).every((level, index) => level === levels[index])
}

const comparables = new WeakMap<Name, readonly string[]>()

function comparableLevels(value: Name): readonly string[] {
  const known = comparables.get(value)
  if (known) return known
  const levels = value.map((rdn) => JSON.stringify(rdn.map(comparable).sort()))
  comparables.set(value, levels)
  return levels
}

/** RFC 4518, as far as RFC 5280 §7.1 needs it. */
function comparable({ type, value, encoding }: Attribute): string {
  const text = encoding === 'other' ? value : value.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ')
  return `${type} ${encoding === 'other' ? 'der' : 'text'} ${text}`
}
