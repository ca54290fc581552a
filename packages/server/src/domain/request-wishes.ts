/** What an enrollment profile wants to find in a certification request, for clients that ask before they make one. */
import {
  type ExtensionTemplate,
  extensions,
  oids,
  type RequestWishes,
  type SignatureAlgorithm,
  type SubjectAttributeTemplate,
  type WantedKey,
} from '@countersign/pki'
import type { DeviceCertificateProfile } from './device-certificate-profile.ts'
import type { DeviceKeyType } from './device-key-type.ts'
import type { Profiles } from './enrollment-profile.ts'
import type { SignatureHash } from './issuer.ts'
import {
  ALTERNATIVE_FIELD_IDS,
  alternativeName,
  attributeTypeOf,
  SUBJECT_FIELD_IDS,
  subjectAttribute,
} from './profile-field.ts'

/** Keys that it may be for, and what of the names has to be there. Of keys that are made here nothing is asked. */
export function requestWishesOf({ enrollment, certificate }: Profiles): RequestWishes {
  const keyTypes = enrollment.keyGenerationOption === 'server_side' ? [] : certificate.keyTypes
  return {
    keys: keyTypes.map((type) => KEYS[type]),
    signatureAlgorithms: keyTypes.map((type) => signatureBy(type, certificate.signatureHash)),
    subject: wantedSubject(certificate),
    extensions: wantedExtensions(certificate),
  }
}

const KEYS: { readonly [T in DeviceKeyType]: WantedKey } = {
  rsa_2048: { type: 'RSA', bits: 2048 },
  rsa_3072: { type: 'RSA', bits: 3072 },
  rsa_4096: { type: 'RSA', bits: 4096 },
  p_256: { type: 'EC', curve: 'P-256' },
  p_384: { type: 'EC', curve: 'P-384' },
  p_521: { type: 'EC', curve: 'P-521' },
  ed_25519: { type: 'Ed25519' },
  ml_dsa_44: { type: 'ML-DSA-44' },
  ml_dsa_65: { type: 'ML-DSA-65' },
  ml_dsa_87: { type: 'ML-DSA-87' },
}

function signatureBy(keyType: DeviceKeyType, hash: SignatureHash): SignatureAlgorithm {
  const { type } = KEYS[keyType]
  if (type === 'Ed25519') return 'EdDSA'
  if (type !== 'RSA' && type !== 'EC') return type
  return `${type === 'RSA' ? 'RS' : 'ES'}${hash.slice(4) as '256' | '384' | '512'}`
}

function wantedSubject({ fields }: DeviceCertificateProfile): readonly SubjectAttributeTemplate[] {
  return SUBJECT_FIELD_IDS.flatMap((id): readonly SubjectAttributeTemplate[] => {
    const { rule, values, isFromCsr } = fields.find((field) => field.id === id) ?? { rule: 'optional' as const }
    if (rule === 'fixed')
      return values.map((value) => ({ type: attributeTypeOf(id), value: subjectAttribute(id, value).bytes }))
    return rule === 'required' && isFromCsr ? [{ type: attributeTypeOf(id) }] : []
  })
}

/** Alternative names: as they are where all of them are fixed, otherwise for the client to fill in. */
function wantedExtensions({ fields }: DeviceCertificateProfile): readonly ExtensionTemplate[] {
  const named = ALTERNATIVE_FIELD_IDS.flatMap((id) =>
    fields.filter((field) => field.id === id).map((field) => ({ ...field, id })),
  )
  if (named.some(({ rule, isFromCsr }) => rule === 'required' && isFromCsr))
    return [{ id: oids.subjectAltName, critical: false }]
  const fixed = named.filter(({ rule }) => rule === 'fixed')
  const names = fixed.flatMap(({ id, values }) => values.map((value) => alternativeName(id, value)))
  return names.length > 0 ? [extensions.subjectAlternativeName(names)] : []
}
