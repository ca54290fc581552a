/** The parts of subject and alternative names that a certificate profile speaks of, and what each may hold. */
import { type Attribute, attribute, type GeneralName, oids } from '@countersign/pki'
import ipaddr from 'ipaddr.js'

/** In the order in which they stand in a subject; as long as RFC 5280 Appendix A.1 lets them be. */
const SUBJECT_FIELDS = {
  'subject.country': { type: oids.countryName, longest: 2 },
  'subject.state': { type: oids.stateOrProvinceName, longest: 128 },
  'subject.locality': { type: oids.localityName, longest: 128 },
  'subject.street_address': { type: oids.streetAddress, longest: 128 },
  'subject.organization_name': { type: oids.organizationName, longest: 64 },
  'subject.organization_unit': { type: oids.organizationalUnitName, longest: 64 },
  'subject.serial_number': { type: oids.serialNumber, longest: 64 },
  'subject.common_name': { type: oids.commonName, longest: 64 },
} as const

const ALTERNATIVE_FIELDS = {
  'san.dns_name': 'dNSName',
  'san.ip_address': 'iPAddress',
  'san.email': 'rfc822Name',
  'san.uri': 'uniformResourceIdentifier',
} as const

export type SubjectFieldId = keyof typeof SUBJECT_FIELDS
export type AlternativeFieldId = keyof typeof ALTERNATIVE_FIELDS
export type ProfileFieldId = SubjectFieldId | AlternativeFieldId

/** Those of the subject, in its order. */
export const SUBJECT_FIELD_IDS = Object.keys(SUBJECT_FIELDS) as readonly SubjectFieldId[]
/** Those of the alternative names, in the order in which they are written. */
export const ALTERNATIVE_FIELD_IDS = Object.keys(ALTERNATIVE_FIELDS) as readonly AlternativeFieldId[]

export const PROFILE_FIELD_RULES = ['required', 'optional', 'fixed'] as const

/** What a certificate profile says of a field. */
export type ProfileField = {
  readonly id: ProfileFieldId
  /** A fixed one has the profile's own values, whatever a request says. */
  readonly rule: (typeof PROFILE_FIELD_RULES)[number]
  /** Of a fixed one. */
  readonly values: readonly string[]
  /** What each value has to look like: `*` stands for any characters, `?` for one. Anything where undefined. */
  readonly pattern: string | undefined
  /** How many values it may have. */
  readonly most: number
  /** Whether a certification request may give it. */
  readonly isFromCsr: boolean
}

/** The attribute type of a field of the subject. */
export function attributeTypeOf(id: SubjectFieldId): string {
  return SUBJECT_FIELDS[id].type
}

/** The kind of alternative name that a field is. */
export function alternativeTypeOf(id: AlternativeFieldId): GeneralName['type'] {
  return ALTERNATIVE_FIELDS[id]
}

/** A value that can't be written into its field; the message says what would be right. */
export class FieldFault extends Error {}

/** A text as an attribute of the subject. Throws a FieldFault. */
export function subjectAttribute(id: SubjectFieldId, text: string): Attribute {
  const { type, longest } = SUBJECT_FIELDS[id]
  const value = id === 'subject.country' ? text.trim().toUpperCase() : text.trim()
  // As it was written: the capitals of one letter may be two.
  if (id === 'subject.country' && !/^[A-Za-z]{2}$/.test(text.trim()))
    throw new FieldFault('the two letters of a country (ISO 3166-1), as DE.')
  const length = Array.from(value).length
  // Control and format characters hide or turn around what people read, and so does what is drawn as nothing; half characters are none.
  if (length === 0 || length > longest || /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u.test(value))
    throw new FieldFault(`1 to ${longest} characters on one line.`)
  try {
    return attribute(type, value)
  } catch (cause) {
    throw new FieldFault("letters without accents, digits, spaces and '()+,-./:=? alone.", { cause })
  }
}

const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const HOST = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`)
const LONGEST_URI = 2_048

/** A text as an alternative name. Throws a FieldFault. */
export function alternativeName(id: AlternativeFieldId, text: string): GeneralName {
  const value = text.trim()
  switch (id) {
    case 'san.dns_name':
      if (!isHost(value)) throw new FieldFault('a host name of ASCII letters, digits, dashes and dots; no wildcard.')
      return { type: 'dNSName', value: value.toLowerCase() }
    case 'san.ip_address':
      return { type: 'iPAddress', value: addressBytes(value) }
    case 'san.email': {
      const [, host = ''] = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(.+)$/.exec(value) ?? []
      if (!isHost(host)) throw new FieldFault('an e-mail address, as name@example.com, of ASCII characters.')
      return { type: 'rfc822Name', value }
    }
    case 'san.uri':
      if (value.length > LONGEST_URI || !/^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+$/.test(value))
        throw new FieldFault(`an absolute URI of at most ${LONGEST_URI} ASCII characters.`)
      return { type: 'uniformResourceIdentifier', value }
  }
}

/** How an alternative name is written in a request; undefined for what no field holds. */
export function alternativeText(name: GeneralName): string | undefined {
  if (name.type === 'iPAddress') return addressText(name.value)
  if (name.type === 'dNSName' || name.type === 'rfc822Name' || name.type === 'uniformResourceIdentifier')
    return name.value
  return undefined
}

/** What is all digits at its end is an address in disguise. */
function isHost(value: string): boolean {
  return value.length <= 253 && HOST.test(value) && !/(^|\.)\d+$/.test(value)
}

function addressBytes(text: string): Uint8Array {
  // The library reads octal and short forms of IPv4, and zones, too.
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return Uint8Array.from(ipaddr.IPv4.parse(text).toByteArray())
  const six = !text.includes('%') && ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined
  if (!six || six.isIPv4MappedAddress()) throw new FieldFault('an address as 192.0.2.1 or 2001:db8::1.')
  return Uint8Array.from(six.toByteArray())
}

function addressText(bytes: Uint8Array): string {
  return bytes.length === 4 || bytes.length === 16 ? ipaddr.fromByteArray([...bytes]).toString() : ''
}

/** Whether a value, as it stands in certificates, looks as its field says; host names are written in small letters. */
export function looksLike({ id, pattern }: Pick<ProfileField, 'id' | 'pattern'>, written: string): boolean {
  if (pattern === undefined) return true
  return matchesPattern(id === 'san.dns_name' ? pattern.toLowerCase() : pattern, written)
}

/** Whether a text looks as a pattern says: `*` is any characters, `?` is one. Takes at most length by length steps, each of them short. */
export function matchesPattern(pattern: string, text: string): boolean {
  const [wanted, given] = [codePointsOf(pattern), codePointsOf(text)]
  let at = 0
  let star = -1
  let retry = 0
  for (let index = 0; index < given.length; ) {
    if (wanted[at] === ANY) {
      star = at++
      retry = index
    } else if (at < wanted.length && (wanted[at] === ONE || wanted[at] === given[index])) {
      at++
      index++
    } else if (star === -1) return false
    else {
      at = star + 1
      index = ++retry
    }
  }
  return wanted.subarray(at).every((rest) => rest === ANY)
}

const [ANY, ONE] = [0x2a, 0x3f]

function codePointsOf(text: string): Uint32Array {
  return Uint32Array.from(Array.from(text), (character) => character.codePointAt(0) as number)
}
