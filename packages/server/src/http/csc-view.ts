/** What the Cloud Signature Consortium's API answers, in its versions 1 and 2. */
import { encodeBase64 } from '@countersign/codec'
import { Certificate, nameText, oids } from '@countersign/pki'
import type { Account } from '../domain/account.ts'
import { MOST_SIGNATURES } from '../domain/authorize-signatures.ts'
import type { CscCredential } from '../domain/csc-credential.ts'
import { type HashParameters, SIGN_ALGORITHMS } from '../domain/csc-signature-algorithm.ts'
import type { KeyType } from '../domain/private-key.ts'

/** A version of the API: where it is, what it implements, and how it names the same things. */
export type CscVersion = {
  readonly path: 'v0' | 'v1' | 'v2'
  readonly specs: string
  readonly names: HashParameters
  readonly isSecond: boolean
}

const FIRST = {
  specs: '1.0.4.0',
  names: { hashes: 'hash', hashAlgorithm: 'hashAlgo' },
  isSecond: false,
} as const

/** What came before version 1 is asked as version 1 is. */
export const VERSION_0: CscVersion = { path: 'v0', ...FIRST }
export const VERSION_1: CscVersion = { path: 'v1', ...FIRST }
export const VERSION_2: CscVersion = {
  path: 'v2',
  specs: '2.0.0.0',
  names: { hashes: 'hashes', hashAlgorithm: 'hashAlgorithmOID' },
  isSecond: true,
}

/** What is told of the service. */
export type CscService = { readonly name: string; readonly logo: string }

const LANGUAGE = 'en-US'

const METHODS = [
  'credentials/list',
  'credentials/info',
  'credentials/authorize',
  'credentials/extendTransaction',
  'signatures/signHash',
  'signatures/timestamp',
]

/** The answer of `info`. CSC §11.1. */
export function infoView(
  { specs, isSecond }: CscVersion,
  { name, logo }: CscService,
  { locale }: Pick<Account, 'locale'>,
) {
  return {
    specs,
    name,
    logo,
    region: /[-_]([A-Z]{2})$/.exec(locale)?.[1] ?? 'ZZ',
    lang: LANGUAGE,
    description: 'Signs hashes with the keys of content credentials',
    authType: ['TLS'],
    methods: METHODS,
    ...(isSecond && {
      asynchronousOperationMode: false,
      signAlgorithms: { algos: [...new Set(Object.values(SIGN_ALGORITHMS).flat())] },
      signature_formats: { formats: [], envelope_properties: [] },
      conformance_levels: [],
    }),
  }
}

/** Which parts of a credential are wanted. */
export type CredentialParts = {
  readonly certificates: 'none' | 'single' | 'chain'
  readonly certInfo: boolean
  readonly authInfo: boolean
}

/** The answer of `credentials/info`. CSC §11.5. */
export function credentialView({ isSecond }: CscVersion, found: CscCredential, parts: CredentialParts) {
  const { credential, keyType, isEnabled } = found
  const hasPin = credential.userId !== undefined
  return {
    description: credential.nickname,
    key: {
      status: isEnabled ? 'enabled' : 'disabled',
      algo: [...SIGN_ALGORITHMS[keyType]],
      len: LENGTHS[keyType],
      ...(keyType in CURVES && { curve: CURVES[keyType as keyof typeof CURVES] }),
    },
    cert: certificateView(found, parts),
    ...(isSecond ? secondAuthorization(hasPin, parts) : firstAuthorization(hasPin, parts)),
    SCAL: '2',
    multisign: MOST_SIGNATURES,
    lang: LANGUAGE,
  }
}

const LENGTHS: Readonly<Record<KeyType, number>> = {
  p256: 256,
  p384: 384,
  p521: 521,
  rsa2048: 2048,
  rsa3072: 3072,
  rsa4096: 4096,
  ed25519: 256,
}

const CURVES = { p256: oids.prime256v1, p384: oids.secp384r1, p521: oids.secp521r1 } as const

function certificateView({ certificate, certificateStatus }: CscCredential, parts: CredentialParts) {
  const { bytes, chain, root, notBefore, notAfter } = certificate
  const { issuer, subject, serialNumber } = Certificate.decode(bytes)
  const all = [...chain, ...(root ? [root] : [])]
  const shown = parts.certificates === 'none' ? undefined : parts.certificates === 'single' ? [bytes] : all
  const serial = serialNumber.toString(16).toUpperCase()
  return {
    status: certificateStatus,
    ...(shown && { certificates: shown.map(encodeBase64) }),
    ...(parts.certInfo && {
      issuerDN: nameText(issuer),
      // Whole bytes, as OpenSSL prints it.
      serialNumber: serial.padStart(serial.length + (serial.length % 2), '0'),
      subjectDN: nameText(subject),
      validFrom: generalizedTime(notBefore),
      validTo: generalizedTime(notAfter),
    }),
  }
}

function generalizedTime(at: Date): string {
  return `${at.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`
}

const PIN_DESCRIPTION = 'The PIN that came with the credential'

function firstAuthorization(hasPin: boolean, { authInfo }: CredentialParts) {
  return {
    authMode: 'explicit',
    ...(authInfo && {
      PIN: {
        presence: hasPin ? 'true' : 'false',
        ...(hasPin && { format: 'A', label: 'PIN', description: PIN_DESCRIPTION }),
      },
      OTP: { presence: 'false' },
    }),
  }
}

function secondAuthorization(hasPin: boolean, { authInfo }: CredentialParts) {
  const object = { type: 'Password', id: 'PIN', format: 'A', label: 'PIN', description: PIN_DESCRIPTION }
  return {
    auth: {
      mode: 'explicit',
      ...(authInfo && (hasPin ? { expression: 'PIN', objects: [object] } : { objects: [] })),
    },
  }
}
