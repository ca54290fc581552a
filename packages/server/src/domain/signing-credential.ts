import type { SignatureAlgorithm, Signer } from '@countersign/pki'
import type { Principal } from './authenticate.ts'
import { authorizeKey, recordRefusedUse, wrongPin } from './authorize-key.ts'
import type { Credential } from './credential.ts'
import { type CredentialCertificate, certificateOf } from './credential-certificate.ts'
import type { WrappedKey } from './private-key.ts'
import { Refusal } from './refusal.ts'
import { refusedSignAlgo, type SignatureParameters } from './signature-parameters.ts'
import type { World } from './world.ts'

/** A content credential that may sign now, once its key is at hand. */
export type UsableCredential = {
  readonly credential: Credential
  readonly certificate: CredentialCertificate
  readonly key: WrappedKey
}

/** Why a credential may not be used now. Somebody else's is as good as unknown to who asks. */
export type UnusableCredential = {
  readonly fault: 'unknown' | 'disabled' | 'expired'
  /** For the audit log. */
  readonly reason: string
}

/** A content credential that can sign now. */
export type SigningCredential = UsableCredential & { readonly signer: Signer }

type CredentialWorld = Pick<World, 'store' | 'keys' | 'now'>

/**
 * The credential that is named, by its id or nickname, or the newest of the account's own that suits. The PIN is that of
 * a user's own; the account's have none, so whatever is sent as one is wrong.
 */
export async function signingCredential(
  world: CredentialWorld,
  principal: Principal,
  parameters: SignatureParameters,
  { named, pin }: { readonly named: string | undefined; readonly pin: string | undefined },
): Promise<SigningCredential> {
  const usable =
    named === undefined
      ? await suitingCredential(world, principal, parameters)
      : await usableCredential(world, principal, named)
  if (!parameters.keyTypes.includes(usable.key.type)) throw refusedSignAlgo()
  const { key } = usable
  if (key.boundTo === undefined && pin !== undefined) {
    await recordRefusedUse(world, principal, usable.credential, 'it has no PIN, and one was sent')
    throw wrongPin()
  }
  const signer =
    key.boundTo === undefined
      ? signerOf(world, key, parameters.algorithm)
      : (await authorizeKey(world, principal, usable, pin)).signer(parameters.algorithm)
  return { ...usable, signer }
}

/** The newest of the account's own credentials whose key can sign so. */
async function suitingCredential(
  world: CredentialWorld,
  { account }: Principal,
  { keyTypes }: SignatureParameters,
): Promise<UsableCredential> {
  for (const credential of (await world.store.credentials.listShared(account.id)).toReversed()) {
    if (credential.status !== 'enabled') continue
    const key = await keyOf(world.store.privateKeys, credential.keyId)
    if (!key || !keyTypes.includes(key.type)) continue
    const certificate = await certificateOf(world, credential)
    if (certificate && faultOf(certificate, world.now()) === undefined) return { credential, certificate, key }
  }
  throw refusedSignAlgo()
}

/**
 * The credential that is named, by its id or nickname: the caller's own, or one of the account's. One that is suspended,
 * revoked, out of its time or somebody else's is as good as unknown to who asks; the audit log has what it was.
 */
export async function usableCredential(
  world: CredentialWorld,
  principal: Principal,
  named: string,
): Promise<UsableCredential> {
  const found = await credentialForUse(world, principal, named)
  if (!('fault' in found)) return found
  throw new Refusal('invalid', 'invalid_request', 'Invalid parameter credentialID.')
}

/** The same, or what is wrong with it; the audit log has that already. */
export async function credentialForUse(
  world: CredentialWorld,
  principal: Principal,
  named: string,
): Promise<UsableCredential | UnusableCredential> {
  const credential = await findNamed(world, principal.account.id, named)
  if (!credential) return { fault: 'unknown', reason: 'there is no such credential' }
  const found = await prepare(world, principal, credential)
  if ('fault' in found) await recordRefusedUse(world, principal, credential, found.reason)
  return found
}

/** A credential of the account by its id or nickname. */
export async function findNamed(
  { store }: { readonly store: Pick<World['store'], 'credentials'> },
  accountId: string,
  named: string,
): Promise<Credential | undefined> {
  // No name has one, and the store would refuse it in other words.
  if (named.includes('\0')) return undefined
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(named)
  const byId = isId ? await store.credentials.find(named.toLowerCase()) : undefined
  if (byId) return byId.accountId === accountId ? byId : undefined
  return store.credentials.findByNickname(accountId, named)
}

/** What belongs to a credential that may be used now, or why it may not. */
async function prepare(
  world: CredentialWorld,
  { user }: Principal,
  credential: Credential,
): Promise<UsableCredential | UnusableCredential> {
  if (credential.userId !== undefined && credential.userId !== user.id)
    return { fault: 'unknown', reason: 'the credential is another user’s' }
  if (credential.status !== 'enabled') return { fault: 'disabled', reason: `the credential is ${credential.status}` }
  const certificate = await certificateOf(world, credential)
  if (!certificate) return { fault: 'disabled', reason: 'the credential has no certificate' }
  const fault = faultOf(certificate, world.now())
  if (fault) return fault
  const key = await keyOf(world.store.privateKeys, credential.keyId)
  if (!key) throw new Error(`the key of the credential ${credential.id} is missing`)
  return { credential, certificate, key }
}

function faultOf({ issued, notBefore, notAfter }: CredentialCertificate, at: Date): UnusableCredential | undefined {
  if (issued && issued.status !== 'issued') return { fault: 'disabled', reason: `the certificate is ${issued.status}` }
  if (at < notBefore) return { fault: 'disabled', reason: 'the certificate is not valid yet' }
  return at > notAfter ? { fault: 'expired', reason: 'the certificate has expired' } : undefined
}

const signers = new WeakMap<WrappedKey, Map<SignatureAlgorithm, Signer>>()

/** One object for a key and an algorithm, for what is prepared once for all that it signs. */
function signerOf({ keys }: CredentialWorld, key: WrappedKey, algorithm: SignatureAlgorithm): Signer {
  const known = signers.get(key) ?? new Map<SignatureAlgorithm, Signer>()
  signers.set(key, known)
  const signer = known.get(algorithm) ?? keys.signer(key, algorithm)
  known.set(algorithm, signer)
  return signer
}

/** Keys by their ids, which are never used again; wrapped as they are in the store. */
const keys = new WeakMap<CredentialWorld['store']['privateKeys'], Map<string, WrappedKey>>()
const MOST_KEYS = 1_000

async function keyOf(
  privateKeys: CredentialWorld['store']['privateKeys'],
  id: string,
): Promise<WrappedKey | undefined> {
  const known = keys.get(privateKeys) ?? new Map<string, WrappedKey>()
  keys.set(privateKeys, known)
  const before = known.get(id)
  if (before) return before
  const found = await privateKeys.find(id)
  // Another PIN is another wrapping: each time the one that counts.
  if (!found || found.boundTo !== undefined) return found
  known.set(id, found)
  if (known.size > MOST_KEYS) known.delete(known.keys().next().value as string)
  return found
}
