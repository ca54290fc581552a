/** What a certificate profile may say: one under which no conforming certificate could ever be issued is refused, with the reason. */
import { extensions, type KeyUsageBit, oids } from '@countersign/pki'
import { type DeviceCertificateProfile, usageBitsOf } from './device-certificate-profile.ts'
import { DEVICE_KEY_TYPES, type DeviceKeyType } from './device-key-type.ts'
import {
  ALTERNATIVE_FIELD_IDS,
  alternativeName,
  FieldFault,
  type ProfileField,
  type ProfileFieldId,
  SUBJECT_FIELD_IDS,
  type SubjectFieldId,
  subjectAttribute,
} from './profile-field.ts'
import { Refusal } from './refusal.ts'
import { lineText } from './text-field.ts'

/** A field as it is asked for. */
export type WishedProfileField = Omit<ProfileField, 'id' | 'most'> & {
  readonly id: string
  /** As many as a fixed one has, and else one, when undefined. */
  readonly most: number | undefined
}

/** What of a profile is asked for. */
export type CertificateProfileDefinition = Pick<
  DeviceCertificateProfile,
  'fields' | 'keyTypes' | 'days' | 'keyUsages' | 'extendedKeyUsages' | 'signatureHash'
>

/** The usages that keys of devices may have: none of them is an authority's. */
export const DEVICE_KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
] as const satisfies readonly KeyUsageBit[]

/** A usage as requests and answers write it: `digital_signature`. */
export function usageWord(usage: KeyUsageBit): string {
  return usage.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

const words = (usages: readonly KeyUsageBit[] = []): string => usages.map(usageWord).join(', ')

const FIELD_IDS: readonly ProfileFieldId[] = [...SUBJECT_FIELD_IDS, ...ALTERNATIVE_FIELD_IDS]
/** Of the others a subject has one. */
const MOST_VALUES: Partial<Record<ProfileFieldId, number>> = {
  'subject.organization_unit': 10,
  'san.dns_name': 100,
  'san.ip_address': 100,
  'san.email': 100,
  'san.uri': 100,
}
const LONGEST_PATTERN = 255
const MOST_PURPOSES = 20

/** Purposes whose certificates would count for more than a device: anchors of the platform are trusted for them. */
const NOT_FOR_DEVICES: readonly string[] = [
  oids.timeStamping,
  oids.ocspSigning,
  oids.codeSigning,
  oids.c2paClaimSigning,
  oids.documentSigning,
  oids.emailProtection,
  '1.3.6.1.4.1.311.76.59.1.9', // Microsoft C2PA signing
]

/** What a key has to be for, one of it, for a purpose. RFC 5280 §4.2.1.12. */
const TAKEN_BY: Readonly<Record<string, readonly KeyUsageBit[]>> = {
  [oids.serverAuth]: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
  [oids.clientAuth]: ['digitalSignature', 'keyAgreement'],
}

/** The fields of a profile. Throws a Refusal that names the one at fault. */
export function profileFields(wished: readonly WishedProfileField[]): readonly ProfileField[] {
  if (wished.length === 0) throw invalid('fields: one at least, or certificates would be for nobody.')
  const fields = wished.map((field, index) => judgedField(`fields[${index}]`, field))
  const twin = fields.findIndex(({ id }, index) => fields.findIndex((other) => other.id === id) !== index)
  if (twin !== -1) throw invalid(`fields[${twin}].id: ${fields[twin]?.id} is there twice.`)
  return fields
}

function judgedField(place: string, wished: WishedProfileField): ProfileField {
  const { rule, values, pattern, isFromCsr } = wished
  const id = FIELD_IDS.find((known) => known === wished.id.toLowerCase())
  if (!id) throw invalid(`${place}.id: one of ${FIELD_IDS.join(', ')}.`)
  const room = MOST_VALUES[id] ?? 1
  const most = wished.most ?? (rule === 'fixed' ? values.length : 1)
  if (rule === 'fixed') {
    if (values.length === 0) throw invalid(`${place}.values: one at least, since it is fixed.`)
    if (most !== values.length) throw invalid(`${place}.max_values: as many as there are values.`)
    if (pattern !== undefined) throw invalid(`${place}.pattern: not for a fixed field.`)
    if (isFromCsr) throw invalid(`${place}.update_from_csr: not for a fixed field.`)
  } else if (values.length > 0) throw invalid(`${place}.values: for a fixed field alone.`)
  if (!Number.isInteger(most) || most < 1 || most > room)
    throw invalid(
      `${place}.${rule === 'fixed' ? 'values' : 'max_values'}: ${room === 1 ? 'one' : `1 to ${room}`} for ${id}.`,
    )
  const texts = values.map((value) => value.trim())
  if (new Set(texts).size !== texts.length) throw invalid(`${place}.values: each once.`)
  for (const text of texts) {
    const fault = faultOf(id, text)
    if (fault !== undefined)
      throw invalid(`${place}.values: ${JSON.stringify(text.slice(0, 100))} can't be written: ${fault}`)
  }
  return {
    id,
    rule,
    values: texts,
    pattern: pattern === undefined ? undefined : judgedPattern(`${place}.pattern`, id, pattern),
    most,
    isFromCsr,
  }
}

/** Why a value can't be written; undefined where it can. */
function faultOf(id: ProfileFieldId, text: string): string | undefined {
  try {
    if (isOfSubject(id)) subjectAttribute(id, text)
    else alternativeName(id, text)
    return undefined
  } catch (fault) {
    if (fault instanceof FieldFault) return fault.message
    throw fault
  }
}

const isOfSubject = (id: ProfileFieldId): id is SubjectFieldId => (SUBJECT_FIELD_IDS as readonly string[]).includes(id)

/** What values can hold at all, and for how long, where it is not a subject's text. As they stand in certificates. */
const WRITTEN: Partial<Record<ProfileFieldId, { readonly character: RegExp; readonly longest: number }>> = {
  'subject.country': { character: /[A-Z]/, longest: 2 },
  // Capitals stand for small letters: host names have none.
  'san.dns_name': { character: /[A-Za-z0-9.-]/, longest: 253 },
  'san.ip_address': { character: /[0-9a-f.:]/, longest: 39 },
  'san.email': { character: /[\x21-\x7e]/, longest: 318 },
  'san.uri': { character: /[\x21-\x7e]/, longest: 2_048 },
}

/** A pattern that some value can look like: a regular expression, say, is met by none, or by others than is meant. */
function judgedPattern(place: string, id: ProfileFieldId, text: string): string {
  const pattern = lineText(place, text, 1, LONGEST_PATTERN)
  const needed = Array.from(pattern).filter((character) => character !== '*')
  const written = WRITTEN[id]
  const isTooLong = written
    ? needed.length > written.longest
    : faultOf(id, 'a'.repeat(needed.length || 1)) !== undefined
  if (isTooLong) throw invalid(`${place}: no ${id} is so long.`)
  const wrong = needed.find(
    (character) =>
      character !== '?' && !(written ? written.character.test(character) : faultOf(id, `a${character}a`) === undefined),
  )
  if (wrong === undefined) return pattern
  throw invalid(`${place}: no ${id} holds ${JSON.stringify(wrong)}; * stands for any characters, ? for one.`)
}

/** The purposes of a profile, as object identifiers. Throws a Refusal that names the one at fault. */
export function profilePurposes(wished: readonly string[]): readonly string[] {
  const place = 'extended_key_usages'
  if (wished.length > MOST_PURPOSES) throw invalid(`${place}: at most ${MOST_PURPOSES}.`)
  if (new Set(wished).size !== wished.length) throw invalid(`${place}: each once.`)
  for (const purpose of wished) {
    if (!isObjectIdentifier(purpose))
      throw invalid(
        `${place}: ${JSON.stringify(purpose.slice(0, 60))} is neither an object identifier, as 1.3.6.1.5.5.7.3.2, nor client_auth or server_auth.`,
      )
    if (purpose === oids.anyExtendedKeyUsage) throw invalid(`${place}: ${purpose} is any purpose: say which there are.`)
    if (NOT_FOR_DEVICES.includes(purpose))
      throw invalid(
        `${place}: ${purpose} is not for devices: they sign no time stamps, OCSP answers, code, mail or content.`,
      )
  }
  return wished
}

/** Such as can be written, each part without zeros at its beginning. X.660. */
function isObjectIdentifier(text: string): boolean {
  if (text.length > 128 || !/^([01]\.([0-9]|[1-3][0-9])|2\.(0|[1-9]\d{0,15}))(\.(0|[1-9]\d{0,15}))+$/.test(text))
    return false
  try {
    extensions.extendedKeyUsage([text])
    return true
  } catch {
    return false
  }
}

/** Throws a Refusal unless the parts of a profile go together, and keys of each type can be used for something. */
export function requireConforming({ keyTypes, keyUsages, extendedKeyUsages }: CertificateProfileDefinition): void {
  if (keyTypes.length === 0) throw invalid(`key_types: one at least of ${DEVICE_KEY_TYPES.join(', ')}.`)
  for (const keyType of keyTypes) {
    const usages = usageBitsOf(keyUsages, keyType)
    if (usages.length === 0) throw invalid(`key_usages: ${unusable(keyType, keyUsages)}`)
    const purpose = extendedKeyUsages.find((one) => TAKEN_BY[one]?.every((usage) => !usages.includes(usage)))
    if (purpose !== undefined)
      throw invalid(
        `key_usages: a key of the type ${keyType} would be for ${words(usages)}, which is nothing that ${purpose} takes (${words(TAKEN_BY[purpose])}).`,
      )
  }
}

function unusable(keyType: DeviceKeyType, keyUsages: readonly KeyUsageBit[]): string {
  return keyUsages.length === 0
    ? `one at least of ${words(DEVICE_KEY_USAGES)}.`
    : `a key of the type ${keyType} can be used for none of ${words(keyUsages)}.`
}

const DAY = 86_400_000

/** Throws a Refusal where certificates would end after their authority. */
export function requireDaysWithin(days: number, now: Date, authorityEnd: Date): void {
  const most = Math.floor((authorityEnd.getTime() - now.getTime()) / DAY)
  if (Number.isInteger(days) && days >= 1 && days <= most) return
  throw invalid(
    `validity_days: 1 to ${most} whole days: the authority ends on ${authorityEnd.toISOString().slice(0, 10)}.`,
  )
}

function invalid(message: string): Refusal {
  return new Refusal('invalid', 'invalid_request', message)
}
