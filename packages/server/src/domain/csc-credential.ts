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

/** Those of the principal and of its account, oldest first; only such as may sign now where those are wanted. */
export async function listCscCredentials(
  world: CredentialWorld,
  { user, account }: Principal,
  { onlyValid }: { readonly onlyValid: boolean },
): Promise<readonly CscCredential[]> {
  const own = (await world.store.credentials.list(account.id)).filter((credential) => isFor(credential, user.id))
  const found = await Promise.all(own.map((credential) => lookInto(world, credential)))
  return found.filter((one) => one !== undefined).filter(({ isEnabled }) => isEnabled || !onlyValid)
}

/** One of them, by its id or nickname. */
export async function findCscCredential(
  world: CredentialWorld,
  { user, account }: Principal,
  named: string,
): Promise<CscCredential> {
  const credential = await findNamed(world, account.id, named)
  const found = credential && isFor(credential, user.id) ? await lookInto(world, credential) : undefined
  if (!found) throw invalid('credentialID')
  return found
}

function isFor({ userId }: Credential, id: string): boolean {
  return userId === undefined || userId === id
}

/** Undefined while it has no certificate: there is nothing to sign with. */
async function lookInto(world: CredentialWorld, credential: Credential): Promise<CscCredential | undefined> {
  const certificate = await certificateOf(world, credential)
  if (!certificate) return undefined
  const key = await world.store.privateKeys.find(credential.keyId)
  if (!key) throw new Error(`the key of the credential ${credential.id} is missing`)
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
