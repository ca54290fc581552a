/**
 * Signature activation data (CSC §11.6): what somebody was given for signatures over these hashes, by this credential,
 * once and soon. Whoever has it proves that by 32 random bytes, of which a hash is kept.
 */
import { encodeBase64 } from '@countersign/codec'
import { digest, randomBytes } from '@countersign/pki'
import type { ContentHash } from './signature-parameters.ts'

/** What is kept of signature activation data. It is one of a chain where more signatures were authorised than hashes were known. */
export type SignatureActivation = {
  /** UUID. */
  readonly id: string
  /** SHA-256 of its secret. */
  readonly secretHash: Uint8Array
  readonly userId: string
  readonly credentialId: string
  /** SHA-256 of the wrapping that the credential's key had: another key, or another PIN, is another wrapping. */
  readonly wrappingHash: Uint8Array
  /** Of the hashes; undefined where they are of texts that are signed as they are, by Ed25519. */
  readonly hashAlgorithm: ContentHash | undefined
  /** What may be signed; SHA-256 of what is signed as it is. */
  readonly hashes: readonly Uint8Array[]
  /** How many signatures are left of those that were authorised. */
  readonly remaining: number
  /** The key that the PIN opened, under the secret and the master key; undefined where no PIN binds it, or none is needed any more. */
  readonly sealedKey: Uint8Array | undefined
  /** When the PIN was given, for the first of the chain. */
  readonly authorizedAt: Date
  readonly endsAt: Date
  /** When it was taken for its signatures. */
  readonly signedAt: Date | undefined
  /** When the next of the chain took its place. */
  readonly extendedAt: Date | undefined
}

/** The signature activations in the store. */
export type SignatureActivations = {
  findBySecretHash(secretHash: Uint8Array): Promise<SignatureActivation | undefined>
  add(activation: SignatureActivation): Promise<void>
  /** Takes it for so many signatures; of all who try at once, on all nodes, one is told true, and nobody after the end. */
  take(id: string, signatures: number, at: Date): Promise<boolean>
  /** Ends it for the next of the chain; how many signatures are left for that, undefined where somebody was first. */
  extend(id: string, at: Date): Promise<number | undefined>
  /** Forgets the sealed keys of those that have ended, and altogether those that ended before. */
  forget(now: Date, endedBefore: Date): Promise<void>
}

const SECRET_BYTES = 32

/** A fresh secret, the text that is given for it once, and what is kept of it. */
export function newActivationSecret(): {
  readonly secret: Uint8Array
  readonly text: string
  readonly secretHash: Uint8Array
} {
  const secret = randomBytes(SECRET_BYTES)
  return { secret, text: encodeBase64(secret), secretHash: digest('sha256', secret) }
}
