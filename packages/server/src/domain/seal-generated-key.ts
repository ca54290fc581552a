/** Private keys that are made for devices, encrypted for a key that the device has shown to have. RFC 7030 §4.4. */
import { equalBytes } from '@countersign/codec'
import {
  Certificate,
  type CertificationRequest,
  digest,
  encryptGeneratedKey,
  type GeneratedKeyTemplate,
  keyEncryptionWish,
  oids,
  PkiError,
  recipientFault,
  subjectKeyIdentifier,
} from '@countersign/pki'
import { invalidRequest } from './certification-request.ts'
import type { Refusal } from './refusal.ts'
import { serviceIdentity } from './service-identity.ts'
import type { World } from './world.ts'

/** For whom a key will be encrypted, and how. */
export type SealPlan = Pick<GeneratedKeyTemplate, 'recipient' | 'contentEncryption'>

/**
 * What the request wants of the encryption of its key, once it is known that it can be done: for the key of the certificate
 * that the TLS connection came with alone, DER. Undefined where it wants none. Throws a Refusal.
 */
export function planSeal(
  { attributes }: Pick<CertificationRequest, 'attributes'>,
  presented: Uint8Array | undefined,
  at: Date,
): SealPlan | undefined {
  const wish = well(() => keyEncryptionWish(attributes))
  if (!wish) return undefined
  const recipient = presented && well(() => Certificate.decode(presented))
  if (wish.kind === 'symmetric' || !recipient || !hasIdentifier(recipient, wish.keyIdentifier))
    throw invalidRequest(
      'there is no key as its DecryptKeyIdentifier or AsymmetricDecryptKeyIdentifier says: keys are encrypted for the certificate of the TLS connection, by its subject key identifier.',
    )
  const unfit = well(() => recipientFault(recipient, at))
  if (unfit) throw invalidRequest(`nothing can be encrypted for the certificate of the TLS connection: ${unfit}.`)
  return { recipient, contentEncryption: contentEncryptionOf(wish.capabilities) }
}

/** The key (PKCS #8, DER), signed by the platform as its maker, and encrypted as planned. */
export async function sealGeneratedKey(world: World, plan: SealPlan, privateKey: Uint8Array): Promise<Uint8Array> {
  const { certificate, chain, signer } = await serviceIdentity(world, 'tls')
  return encryptGeneratedKey({ ...plan, privateKey, certificate, chain, at: world.now() }, signer)
}

/** By the extension, or else by the SHA-1 hash of the key, as RFC 5280 §4.2.1.2 has it. */
function hasIdentifier(certificate: Certificate, keyIdentifier: Uint8Array): boolean {
  const known = well(() => subjectKeyIdentifier(certificate)) ?? digest('sha1', certificate.publicKey.key)
  return equalBytes(known, keyIdentifier)
}

function contentEncryptionOf(capabilities: readonly string[] | undefined): SealPlan['contentEncryption'] {
  if (!capabilities || capabilities.includes(oids.aes256Cbc)) return 'AES-256'
  if (capabilities.includes(oids.aes128Cbc)) return 'AES-128'
  throw invalidRequest('its SMIMECapabilities have neither AES-256-CBC nor AES-128-CBC.')
}

function well<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof PkiError) throw malformed(cause)
    throw cause
  }
}

const malformed = (cause: PkiError): Refusal =>
  invalidRequest('what its key is to be encrypted for is malformed.', cause)
