import { encodeHex } from '@countersign/codec'
import {
  Certificate,
  CertificationRequest,
  commonName,
  digest,
  nameText,
  organization,
  type PublicKey,
} from '@countersign/pki'
import { type Static, Type } from 'typebox'
import { MOST_PIN_ATTEMPTS } from '../domain/credential.ts'
import type { CredentialCertificate } from '../domain/credential-certificate.ts'
import type { CredentialWish } from '../domain/issue-credential.ts'
import { type ManagedCredential, statusOf } from '../domain/manage-credentials.ts'
import type { KeyType } from '../domain/private-key.ts'
import { Refusal } from '../domain/refusal.ts'
import { secondText } from './timestamp.ts'

/** The names of key types in requests and answers, as the API for devices has them. */
const KEY_TYPES: Readonly<Record<string, KeyType>> = {
  p_256: 'p256',
  p_384: 'p384',
  p_521: 'p521',
  rsa_2048: 'rsa2048',
  rsa_3072: 'rsa3072',
  rsa_4096: 'rsa4096',
  ed_25519: 'ed25519',
}

/** Where credentials are. */
export const CREDENTIAL_PATH = '/documentmanager/api/v2/credential'

/** What a credential is, in words: its own, and what its certificate makes of it. */
export const CREDENTIAL_STATUSES = ['requested', 'enabled', 'suspended', 'revoked', 'expired'] as const

const OrNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description })

const CertificateView = Type.Object(
  {
    id: Type.String(),
    serial_number: Type.String({ description: 'In upper-case hexadecimal' }),
    subject: Type.String({ description: 'RFC 4514' }),
    issuer: Type.String({ description: 'RFC 4514' }),
    common_name: OrNull('CN of the subject'),
    organization: OrNull('O of the subject'),
    valid_from: Type.String({ format: 'date-time' }),
    valid_to: Type.String({ format: 'date-time' }),
    fingerprint: Type.String({ description: 'SHA-256, hexadecimal' }),
    issued_by_platform: Type.Boolean({ description: 'false where an authority elsewhere issued it' }),
  },
  { title: 'CredentialCertificate' },
)

/** A credential in an answer. */
export const CredentialView = Type.Object(
  {
    id: Type.String(),
    account_id: Type.String(),
    user_id: OrNull('Whose it is; null where it serves whoever of the account may sign'),
    nickname: Type.String({ description: 'The credential ID' }),
    status: Type.Enum([...CREDENTIAL_STATUSES], {
      type: 'string',
      description: 'requested while it waits for a certificate of an authority elsewhere',
    }),
    pin_status: Type.Enum(['none', 'set', 'locked'], {
      type: 'string',
      description: 'none where it is the account’s own; locked after five wrong PINs in a row',
    }),
    pin_attempts_left: Type.Union([Type.Integer(), Type.Null()]),
    key_type: Type.Enum(Object.keys(KEY_TYPES), { type: 'string' }),
    certificate: Type.Union([CertificateView, Type.Null()]),
    created_at: Type.String({ format: 'date-time' }),
  },
  { title: 'Credential' },
)

export function credentialView(managed: ManagedCredential, at: Date): Static<typeof CredentialView> {
  const { credential, certificate } = managed
  const isBound = credential.userId !== undefined
  const attemptsLeft = MOST_PIN_ATTEMPTS - credential.pinAttempts
  return {
    id: credential.id,
    account_id: credential.accountId,
    user_id: credential.userId ?? null,
    nickname: credential.nickname,
    status: statusOf(managed, at),
    pin_status: !isBound ? 'none' : attemptsLeft > 0 ? 'set' : 'locked',
    pin_attempts_left: isBound ? attemptsLeft : null,
    key_type: keyTypeOf(publicKeyOf(managed)),
    certificate: certificate ? certificateView(certificate) : null,
    created_at: credential.createdAt.toISOString(),
  }
}

function certificateView({ id, bytes, notBefore, notAfter, issued }: CredentialCertificate) {
  const { serialNumber, subject, issuer } = Certificate.decode(bytes)
  const serial = serialNumber.toString(16).toUpperCase()
  return {
    id,
    // Whole bytes, as OpenSSL prints it.
    serial_number: serial.padStart(serial.length + (serial.length % 2), '0'),
    subject: nameText(subject),
    issuer: nameText(issuer),
    common_name: commonName(subject) ?? null,
    organization: organization(subject) ?? null,
    valid_from: secondText(notBefore),
    valid_to: secondText(notAfter),
    fingerprint: encodeHex(digest('sha256', bytes)),
    issued_by_platform: issued !== undefined,
  }
}

function publicKeyOf({ credential, certificate }: ManagedCredential): PublicKey {
  if (certificate) return Certificate.decode(certificate.bytes).publicKey
  if (credential.request) return CertificationRequest.decode(credential.request).publicKey
  throw new Error(`the credential ${credential.id} has neither certificate nor request`)
}

function keyTypeOf({ type, bits, curve }: PublicKey): string {
  if (type === 'Ed25519') return 'ed_25519'
  return curve ? curve.toLowerCase().replace('-', '_') : `rsa_${bits}`
}

/** What a request says of a credential that is to be made. */
export const NewCredential = {
  user_id: Type.Optional(
    Type.String({ description: 'Whose it is to be, who gets the PIN by mail; without it, it is the account’s own' }),
  ),
  nickname: Type.String({
    maxLength: 200,
    description: 'The credential ID: nobody else’s in the account. Letters, digits, spaces, - . _ and @',
  }),
  key_type: Type.String({ maxLength: 40, description: `One of ${Object.keys(KEY_TYPES).join(', ')}` }),
  common_name: Type.String({ maxLength: 200, description: 'Who signs, as readers see it' }),
  organization: Type.Optional(Type.String({ maxLength: 200, description: 'The account’s name when left out' })),
  country: Type.Optional(Type.String({ maxLength: 10, description: 'Two letters, ISO 3166-1' })),
} as const

type NewCredentialBody = Static<ReturnType<typeof Type.Object<typeof NewCredential>>>

/** The same in the rules' terms. */
export function newCredentialOf(body: NewCredentialBody): CredentialWish {
  const { user_id: userId, nickname, key_type, common_name: commonName, organization, country } = body
  return {
    nickname,
    keyType: keyTypeFrom(key_type),
    commonName,
    ...(userId !== undefined && { userId }),
    ...(organization !== undefined && { organization }),
    ...(country !== undefined && { country }),
  }
}

/** Lenient where clients differ: `P-256`, `RSA_2048`. */
function keyTypeFrom(text: string): KeyType {
  const plain = (word: string): string => word.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  const found = Object.entries(KEY_TYPES).find(([known]) => plain(known) === plain(text))
  if (found) return found[1]
  throw new Refusal('invalid', 'invalid_request', `key_type: one of ${Object.keys(KEY_TYPES).join(', ')}.`)
}

/** An example for the document. */
export const EXAMPLE_CREDENTIAL: Static<typeof CredentialView> = {
  id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f10',
  account_id: '599020de-5ea7-4c0c-ac01-ceb4bb9802b3',
  user_id: '8b210e38-b8a9-41df-a96e-1ffe4512f6d1',
  nickname: 'picture-desk',
  status: 'enabled',
  pin_status: 'set',
  pin_attempts_left: 5,
  key_type: 'p_256',
  certificate: {
    id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f11',
    serial_number: '6403F2A8B1234567890ABCDE',
    subject: 'CN=Picture Desk,O=Nordwind Zeitung,C=DE',
    issuer: 'CN=Countersign Content Signing CA,O=Countersign',
    common_name: 'Picture Desk',
    organization: 'Nordwind Zeitung',
    valid_from: '2026-11-23T00:00:00Z',
    valid_to: '2027-11-22T23:59:59Z',
    fingerprint: '8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4',
    issued_by_platform: true,
  },
  created_at: '2026-11-23T00:00:00.000Z',
}
