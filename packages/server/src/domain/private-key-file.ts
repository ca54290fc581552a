/** Private keys that are made for devices, in the formats in which they are handed out, once. */
import { decodePem, encodePem, PemError } from '@countersign/codec'
import {
  Certificate,
  encodePkcs12,
  encryptEnvelopedData,
  PkiError,
  type PrivateKeySyntax,
  privateKeyBlock,
  recipientFault,
} from '@countersign/pki'
import type { DeviceKeyType } from './device-key-type.ts'
import { Refusal } from './refusal.ts'
import { zipFile } from './zip-file.ts'

export const PRIVATE_KEY_FORMATS = ['pem', 'der', 'pkcs_12', 'cert_encrypted', 'cert_encrypted_key_only'] as const

export type PrivateKeyFormat = (typeof PRIVATE_KEY_FORMATS)[number]

/** How a key is asked for. */
export type PrivateKeyWish = {
  readonly format: PrivateKeyFormat
  /** PKCS#8 where it is left out. */
  readonly syntax: PrivateKeySyntax | undefined
  /** Of the PKCS#12 file. */
  readonly pkcs12Password: string | undefined
  /** For whom key or bundle is encrypted: PEM. */
  readonly encryptionCertificate: string | undefined
  /** Encrypts the key in DER in a way of its own. */
  readonly seal?: Seal | undefined
}

type Seal = (privateKey: Uint8Array) => Promise<Uint8Array>

/** How a key will be handed out: what was wished for, once it is known that it can be. */
export type PrivateKeyPlan =
  | { readonly format: 'pem'; readonly syntax: PrivateKeySyntax }
  | { readonly format: 'der'; readonly syntax: PrivateKeySyntax; readonly seal: Seal | undefined }
  | { readonly format: 'pkcs_12'; readonly password: string }
  | {
      readonly format: 'cert_encrypted' | 'cert_encrypted_key_only'
      readonly syntax: PrivateKeySyntax
      readonly recipient: Certificate
    }

/** What goes along with the key in a file. */
export type CertificateBundle = {
  /** DER. */
  readonly certificate: Uint8Array
  /** Its authorities up to the root, DER; empty where they are not wanted. */
  readonly chain: readonly Uint8Array[]
  /** What programs call it. */
  readonly name: string
  readonly at: Date
}

/** Says how a key will be handed out, before it is made. Throws a Refusal for what can't be done. */
export function planPrivateKey(wish: PrivateKeyWish, keyType: DeviceKeyType, at: Date): PrivateKeyPlan {
  const { format, syntax = 'PKCS#8' } = wish
  if (format === 'pkcs_12') {
    const password = wish.pkcs12Password ?? ''
    if (!/^[A-Za-z0-9]{6,20}$/.test(password))
      throw invalid('pkcs12_password: 6 to 20 characters of A-Z, a-z and 0-9; pkcs_12 takes one.')
    return { format, password }
  }
  if (syntax === 'traditional' && !/^(rsa|p)_/.test(keyType))
    throw invalid(`private_key_syntax: a key of the type ${keyType} has no syntax but pkcs8.`)
  if (format === 'pem') return { format, syntax }
  if (format === 'der') return { format, syntax, seal: wish.seal }
  return { format, syntax, recipient: recipientOf(wish.encryptionCertificate ?? '', at) }
}

/** The key (PKCS#8, DER) as it was planned: text in PEM, or the bytes of a file. */
export async function writePrivateKey(
  plan: PrivateKeyPlan,
  privateKey: Uint8Array,
  { certificate, chain, name, at }: CertificateBundle,
): Promise<Uint8Array> {
  if (plan.format === 'pkcs_12')
    return encodePkcs12({ privateKey, certificate, chain, friendlyName: name, password: plan.password })
  const block = privateKeyBlock(privateKey, plan.syntax)
  if (plan.format === 'der') return plan.seal ? plan.seal(block.bytes).finally(() => block.bytes.fill(0)) : block.bytes
  const pem = new TextEncoder().encode(encodePem(block.label, block.bytes))
  block.bytes.fill(0)
  if (plan.format === 'pem') return pem
  const content =
    plan.format === 'cert_encrypted_key_only'
      ? pem
      : zipFile({ ...certificateFiles(certificate, chain), 'private_key.pem': pem }, at)
  return encryptEnvelopedData({ content, recipients: [plan.recipient] }).finally(() => pem.fill(0))
}

/** The files of a certificate and its authorities beside a key. */
export function certificateFiles(
  certificate: Uint8Array,
  chain: readonly Uint8Array[],
): Readonly<Record<string, Uint8Array>> {
  const pem = (certificates: readonly Uint8Array[]): Uint8Array =>
    new TextEncoder().encode(certificates.map((bytes) => encodePem('CERTIFICATE', bytes)).join(''))
  return {
    'certificate.pem': pem([certificate]),
    ...(chain.length > 0 && { 'certificate_chain.pem': pem(chain) }),
  }
}

function recipientOf(text: string, at: Date): Certificate {
  const fault = (what: string, cause?: unknown): Refusal => invalid(`encryption_certificate: ${what}`, cause)
  if (text === '') throw fault('the certificate for whom the key is encrypted, in PEM; this format takes one.')
  try {
    const certificates = decodePem(text).filter(({ label }) => label === 'CERTIFICATE')
    const [only] = certificates
    if (!only || certificates.length > 1)
      throw fault(`it holds ${certificates.length} certificates, and has to hold one.`)
    const certificate = Certificate.decode(only.bytes)
    const unfit = recipientFault(certificate, at)
    if (unfit) throw fault(`${unfit}.`)
    return certificate
  } catch (cause) {
    if (cause instanceof Refusal) throw cause
    if (cause instanceof PkiError || cause instanceof PemError) throw fault('it is no certificate in PEM.', cause)
    throw cause
  }
}

function invalid(what: string, cause?: unknown): Refusal {
  return new Refusal('invalid', 'invalid_request', what, { cause })
}
