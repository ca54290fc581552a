import { digest } from '@countersign/pki'
import { allDone } from './all-done.ts'
import type { IssuedCertificate } from './certificate.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'

/** A public key that was certified once. */
export type CertifiedKey = {
  /** SHA-256 of the SubjectPublicKeyInfo. */
  readonly hash: Uint8Array
  /** Whose it is for good: undefined for the platform itself. */
  readonly accountId: string | undefined
  /** Since when others are known to have the private key, too. */
  readonly compromisedAt: Date | undefined
  /** Id of the first certificate that was to be issued for it; undefined for a key from before this was noted. */
  readonly certificateId: string | undefined
}

/** The public keys that were certified. They stay, when all their certificates have ended. */
export type CertifiedKeys = {
  /** Makes a key that nobody had the account's, for a certificate; answers with whose it is. Of several at once one gets it. */
  claim(hash: Uint8Array, accountId: string | undefined, certificateId: string): Promise<CertifiedKey>
  /** Notes another certificate of a key than its first. */
  addCertificate(hash: Uint8Array, certificateId: string): Promise<void>
  /** Ids of the certificates that were issued for a key, or were to be, after that id and in order. */
  listCertificates(hash: Uint8Array, after: string, limit: number): Promise<readonly string[]>
  find(hash: Uint8Array): Promise<CertifiedKey | undefined>
  /** Others have the private key: from now on nobody gets a certificate for it. */
  compromise(hash: Uint8Array, at: Date): Promise<void>
}

/** How a public key is known. */
export function keyHash(publicKey: Uint8Array): Uint8Array {
  return digest('sha256', publicKey)
}

/** Records what is about to be signed, for a key that is nobody else's; throws a Refusal, upon which all of it is undone. */
export async function reserveForKey(
  { certifiedKeys, certificates }: Pick<Repositories, 'certifiedKeys' | 'certificates'>,
  certificate: IssuedCertificate,
  publicKey: Uint8Array,
): Promise<void> {
  const hash = keyHash(publicKey)
  const claim = certifiedKeys.claim(hash, certificate.accountId, certificate.id)
  await allDone([claim, certificates.reserve(certificate)])
  const { accountId, compromisedAt, certificateId } = await claim
  if (compromisedAt) throw compromised()
  if (certificateId !== certificate.id) await certifiedKeys.addCertificate(hash, certificate.id)
  if (accountId !== certificate.accountId)
    throw new KeyRefusal('This key has a certificate of another account: make a key for this one alone.')
}

/** Throws a Refusal if the key became known to others after its certificate was reserved. */
export async function requireStillSecret(
  { certifiedKeys }: Pick<Repositories, 'certifiedKeys'>,
  publicKey: Uint8Array,
): Promise<void> {
  if ((await certifiedKeys.find(keyHash(publicKey)))?.compromisedAt) throw compromised()
}

function compromised(): KeyRefusal {
  return new KeyRefusal('A certificate for this key was revoked since others have the private key: make a new key.')
}

/** The key has a certificate of another account, or others are known to have the private key. */
export class KeyRefusal extends Refusal {
  constructor(message: string) {
    super('invalid', 'public_key_refused', message)
  }
}
