/** Certificate profiles in requests and answers. */
import { oids } from '@countersign/pki'
import { type Static, Type } from 'typebox'
import { DEVICE_KEY_USAGES, usageWord, type WishedProfileField } from '../domain/define-certificate-profile.ts'
import type { DeviceCertificateProfile } from '../domain/device-certificate-profile.ts'
import { DEVICE_KEY_TYPES } from '../domain/device-key-type.ts'
import { SIGNATURE_HASHES, type SignatureHash } from '../domain/issuer.ts'
import type { CertificateProfileChange, NewCertificateProfile } from '../domain/manage-certificate-profiles.ts'
import { ALTERNATIVE_FIELD_IDS, PROFILE_FIELD_RULES, SUBJECT_FIELD_IDS } from '../domain/profile-field.ts'
import { Refusal } from '../domain/refusal.ts'
import { refuseUnknownFields } from './account-body.ts'
import { secondText } from './timestamp.ts'
import { WordOf, wordOf } from './word.ts'

const FIELD_IDS = [...SUBJECT_FIELD_IDS, ...ALTERNATIVE_FIELD_IDS]
const USAGE_WORDS = DEVICE_KEY_USAGES.map(usageWord)
/** Purposes that have names here; all others are object identifiers. */
const PURPOSES: Readonly<Record<string, string>> = { client_auth: oids.clientAuth, server_auth: oids.serverAuth }

const FieldBody = Type.Object(
  {
    id: WordOf(FIELD_IDS),
    rule: WordOf(PROFILE_FIELD_RULES, 'A fixed one has the values that stand here, whatever a request says: '),
    values: Type.Optional(
      Type.Array(Type.String({ maxLength: 4_096 }), { maxItems: 100, description: 'Of a fixed one' }),
    ),
    pattern: Type.Optional(
      Type.Unsafe<string | null>({
        type: ['string', 'null'],
        maxLength: 500,
        description: 'What each value has to look like: * stands for any characters, ? for one',
      }),
    ),
    max_values: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, description: 'How many values it may have; one when left out' }),
    ),
    update_from_csr: Type.Optional(
      Type.Boolean({ description: 'Whether a CSR may give it where the attributes of the request do not' }),
    ),
  },
  { title: 'ChangeCertificateProfileField' },
)

const List = (description: string) => Type.Array(Type.String({ maxLength: 255 }), { maxItems: 100, description })
const Name = Type.String({ maxLength: 200, description: 'No other profile’s in the account: 1 to 100 characters' })
const Fields = Type.Array(FieldBody, {
  maxItems: 100,
  description: 'What of subject and alternative names there is; nothing else gets in',
})
const KeyTypes = List(`For which keys there are certificates: ${DEVICE_KEY_TYPES.join(', ')}`)
const Days = Type.Integer({ minimum: 1, maximum: 100_000, description: 'How many days a certificate is good for' })
const others = {
  key_usages: Type.Optional(
    List(
      `${USAGE_WORDS.join(', ')}: of these each key has those that its type can be used for. digital_signature, key_encipherment and key_agreement when left out`,
    ),
  ),
  extended_key_usages: Type.Optional(
    List(`${Object.keys(PURPOSES).join(', ')}, or object identifiers; without any, certificates don’t say what for`),
  ),
  signature_hash: Type.Optional(
    Type.String({ maxLength: 20, description: `Of the authority’s signature: ${SIGNATURE_HASHES.join(', ')}` }),
  ),
}

/** The body by which a profile is made. */
export const CreateCertificateProfile = Type.Object(
  { name: Name, fields: Fields, key_types: KeyTypes, validity_days: Days, ...others },
  { title: 'CreateCertificateProfile' },
)

/** The body by which a profile is changed. */
export const ChangeCertificateProfile = Type.Object(
  {
    name: Type.Optional(Name),
    fields: Type.Optional(Fields),
    key_types: Type.Optional(KeyTypes),
    validity_days: Type.Optional(Days),
    ...others,
  },
  { title: 'ChangeCertificateProfile' },
)

/** What a body wants to be otherwise. */
export function certificateProfileChange(body: Static<typeof ChangeCertificateProfile>): CertificateProfileChange {
  const { name, fields, key_types: keyTypes, validity_days: days, key_usages: keyUsages } = body
  const { extended_key_usages: purposes, signature_hash: hash } = body
  return {
    ...(name !== undefined && { name }),
    ...(fields && { fields: fields.map(wishedField) }),
    ...(keyTypes && { keyTypes: keyTypes.map((word) => wordOf('key_types', word, DEVICE_KEY_TYPES)) }),
    ...(days !== undefined && { days }),
    ...(keyUsages && { keyUsages: keyUsages.map(usageOf) }),
    ...(purposes && { extendedKeyUsages: purposes.map(purposeOf) }),
    ...(hash !== undefined && { signatureHash: hashOf(hash) }),
  }
}

/** The profile that a body wants. */
export function newCertificateProfile(body: Static<typeof CreateCertificateProfile>): NewCertificateProfile {
  const change = certificateProfileChange(body)
  const { fields = [], keyTypes = [] } = change
  return { ...change, name: body.name, fields, keyTypes, days: body.validity_days }
}

function wishedField(field: Static<typeof FieldBody>, index: number): WishedProfileField {
  refuseUnknownFields(field, FieldBody)
  return {
    id: field.id,
    rule: wordOf(`fields[${index}].rule`, field.rule, PROFILE_FIELD_RULES),
    values: field.values ?? [],
    pattern: field.pattern ?? undefined,
    most: field.max_values,
    isFromCsr: field.update_from_csr ?? false,
  }
}

/** `digital_signature`, or as RFC 5280 §4.2.1.3 writes it, in any case. */
function usageOf(text: string): (typeof DEVICE_KEY_USAGES)[number] {
  const plain = text.toLowerCase().replaceAll('_', '')
  const found = DEVICE_KEY_USAGES.find((usage) => usage.toLowerCase() === plain)
  if (found) return found
  if (['keycertsign', 'crlsign'].includes(plain))
    throw invalid(`key_usages: ${text} is for authorities: no certificate of a device has it.`)
  throw invalid(`key_usages: ${USAGE_WORDS.join(', ')}.`)
}

function purposeOf(text: string): string {
  const word = text.trim().toLowerCase()
  return Object.hasOwn(PURPOSES, word) ? (PURPOSES[word] as string) : word
}

/** With the dash or without, in any case. */
function hashOf(text: string): SignatureHash {
  const plain = (name: string): string => name.toUpperCase().replaceAll('-', '')
  const found = SIGNATURE_HASHES.find((hash) => plain(hash) === plain(text))
  if (found) return found
  throw invalid(`signature_hash: one of ${SIGNATURE_HASHES.join(', ')}.`)
}

const FieldView = Type.Object(
  {
    id: Type.Enum(FIELD_IDS, { type: 'string' }),
    rule: Type.Enum([...PROFILE_FIELD_RULES], { type: 'string' }),
    values: Type.Array(Type.String()),
    pattern: Type.Union([Type.Null(), Type.String()]),
    max_values: Type.Integer(),
    update_from_csr: Type.Boolean(),
  },
  { title: 'CertificateProfileField' },
)

/** A certificate profile. */
export const CertificateProfileView = Type.Object(
  {
    id: Type.String(),
    account_id: Type.String(),
    name: Type.String(),
    fields: Type.Array(FieldView),
    key_types: Type.Array(Type.Enum([...DEVICE_KEY_TYPES], { type: 'string' })),
    validity_days: Type.Integer(),
    key_usages: Type.Array(Type.Enum(USAGE_WORDS, { type: 'string' })),
    extended_key_usages: Type.Array(Type.String()),
    signature_hash: Type.Enum([...SIGNATURE_HASHES], { type: 'string' }),
    created_at: Type.String({ format: 'date-time' }),
    updated_at: Type.String({ format: 'date-time' }),
  },
  { title: 'CertificateProfile' },
)

/** A profile in an answer. */
export function certificateProfileView(profile: DeviceCertificateProfile): Static<typeof CertificateProfileView> {
  return {
    id: profile.id,
    account_id: profile.accountId,
    name: profile.name,
    fields: profile.fields.map(({ id, rule, values, pattern, most, isFromCsr }) => ({
      id,
      rule,
      values: [...values],
      pattern: pattern ?? null,
      max_values: most,
      update_from_csr: isFromCsr,
    })),
    key_types: [...profile.keyTypes],
    validity_days: profile.days,
    key_usages: profile.keyUsages.map(usageWord),
    extended_key_usages: profile.extendedKeyUsages.map(
      (purpose) => Object.keys(PURPOSES).find((name) => PURPOSES[name] === purpose) ?? purpose,
    ),
    signature_hash: profile.signatureHash,
    created_at: secondText(profile.createdAt),
    updated_at: secondText(profile.updatedAt),
  }
}

/** An example for the document. */
export const EXAMPLE_CERTIFICATE_PROFILE: Static<typeof CertificateProfileView> = {
  id: '019ab2c4-4a55-7d02-8f5e-4c1a9b7b2f10',
  account_id: '019ab2c4-0000-7d02-8f5e-4c1a9b7b2f10',
  name: 'Cameras, operation',
  fields: [
    {
      id: 'subject.organization_name',
      rule: 'fixed',
      values: ['Nordwind'],
      pattern: null,
      max_values: 1,
      update_from_csr: false,
    },
    {
      id: 'subject.common_name',
      rule: 'required',
      values: [],
      pattern: 'CAM-*',
      max_values: 1,
      update_from_csr: true,
    },
  ],
  key_types: ['p_256', 'p_384'],
  validity_days: 365,
  key_usages: ['digital_signature'],
  extended_key_usages: ['client_auth'],
  signature_hash: 'SHA-256',
  created_at: '2026-11-23T00:00:00Z',
  updated_at: '2026-11-23T00:00:00Z',
}

function invalid(message: string): Refusal {
  return new Refusal('invalid', 'invalid_request', message)
}
