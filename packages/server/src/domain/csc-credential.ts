/** The credentials that somebody may sign hashes with: credentials/list and credentials/info. CSC §11.4, §11.5. */
import type { Principal } from './authenticate.ts'
import { type Credential, MOST_PIN_ATTEMPTS } from './credential.ts'
import { type CredentialCertificate, certificateOf } from './credential-certificate.ts'
import { invalid } from './csc-refusal.ts'
import { statusOf } from './manage-credentials.ts'
import type { KeyType } from './private-key.ts'
import { findNamed } from './signing-credential.ts'
import type { World } from './world.ts'

/** A credential with what the API tells of it. */
export type CscCredential = {
  readonly credential: Credential
  readonly certificate: CredentialCertificate
  readonly keyType: KeyType
  readonly certificateStatus: 'valid' | 'expired' | 'revoked' | 'suspended'
  /** Whether it may sign now. */
  readonly isEnabled: boolean
}

type CredentialWorld = Pick<World, 'store' | 'now'>

/** Those of the principal and of its account that have a certificate, oldest first; only such as may sign now where those are wanted. */
export async function listForSigning(
  world: CredentialWorld,
  { user, account }: Principal,
  { onlyValid }: { readonly onlyValid: boolean },
): Promise<readonly Credential[]> {
  const all = (await world.store.credentials.list(account.id)).filter((credential) => isFor(credential, user.id))
  if (!onlyValid) return all
  return (await detailsOf(world, all)).filter(({ isEnabled }) => isEnabled).map(({ credential }) => credential)
}

/** What is told of each. */
export async function detailsOf(
  world: CredentialWorld,
  credentials: readonly Credential[],
): Promise<readonly CscCredential[]> {
  return Promise.all(credentials.map((credential) => lookInto(world, credential)))
}

/** One of them, by its id or nickname. */
export async function findCscCredential(
  world: CredentialWorld,
  { user, account }: Principal,
  named: string,
): Promise<CscCredential> {
  const credential = await findNamed(world, account.id, named)
  if (!credential || !isFor(credential, user.id)) throw invalid('credentialID')
  return lookInto(world, credential)
}

/** What has no certificate yet is nothing to sign with. */
function isFor({ userId, certificateId }: Credential, id: string): boolean {
  return certificateId !== undefined && (userId === undefined || userId === id)
}

async function lookInto(world: CredentialWorld, credential: Credential): Promise<CscCredential> {
  const certificate = await certificateOf(world, credential)
  const key = await world.store.privateKeys.find(credential.keyId)
  if (!certificate || !key) throw new Error(`the certificate or the key of the credential ${credential.id} is missing`)
  const status = statusOf({ credential, certificate }, world.now())
  const isLocked = key.boundTo !== undefined && credential.pinAttempts >= MOST_PIN_ATTEMPTS
  return {
    credential,
    certificate,
    keyType: key.type,
    certificateStatus: status === 'enabled' || status === 'requested' ? 'valid' : status,
    isEnabled: status === 'enabled' && world.now() >= certificate.notBefore && !isLocked,
  }
}
