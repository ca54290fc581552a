import type { SignatureAlgorithm, Signer } from '@countersign/pki'
import type { Account } from './account.ts'
import type { IssuedCertificate } from './certificate.ts'
import type { Credential } from './credential.ts'
import { knownAuthority } from './known-authorities.ts'
import type { WrappedKey } from './private-key.ts'
import { Refusal } from './refusal.ts'
import { refusedSignAlgo, type SignatureParameters } from './signature-parameters.ts'
import type { World } from './world.ts'

/** A content credential that can sign now, with all that its signatures carry. */
export type SigningCredential = {
  readonly credential: Credential
  readonly certificate: IssuedCertificate
  readonly signer: Signer
  /** DER, leaf first, without the root. */
  readonly chain: readonly Uint8Array[]
}

type CredentialWorld = Pick<World, 'keys' | 'now'> & {
  readonly store: Pick<World['store'], 'credentials' | 'certificates' | 'privateKeys' | 'authorities'>
}

/**
 * The credential that is named, by its id or nickname, or the newest of the account's own that suits. One that is
 * disabled, revoked or out of its time is as good as unknown.
 */
export async function signingCredential(
  world: CredentialWorld,
  account: Account,
  parameters: SignatureParameters,
  named: string | undefined,
): Promise<SigningCredential> {
  if (named !== undefined) {
    const credential = await findNamed(world, account, named)
    const usable = credential && (await prepare(world, credential, undefined))
    if (!usable) throw new Refusal('invalid', 'invalid_request', 'Invalid parameter credentialID.')
    return usable(parameters) ?? refuse(refusedSignAlgo())
  }
  for (const credential of (await world.store.credentials.list(account.id)).toReversed()) {
    const found = (await prepare(world, credential, parameters))?.(parameters)
    if (found) return found
  }
  throw refusedSignAlgo()
}

async function findNamed({ store }: CredentialWorld, account: Account, named: string): Promise<Credential | undefined> {
  // No name has one, and the store would refuse it in other words.
  if (named.includes('\0')) return undefined
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(named)
  const byId = isId ? await store.credentials.find(named.toLowerCase()) : undefined
  if (byId) return byId.accountId === account.id ? byId : undefined
  return store.credentials.findByNickname(account.id, named)
}

/** Reads what belongs to a credential; what comes out makes it ready for the parameters that suit its key. */
async function prepare(
  world: CredentialWorld,
  credential: Credential,
  wanted: SignatureParameters | undefined,
): Promise<((parameters: SignatureParameters) => SigningCredential | undefined) | undefined> {
  const { store, now } = world
  // A user's own credential is bound to a PIN, and its key can't be used without one.
  if (credential.status !== 'enabled' || credential.userId !== undefined) return undefined
  const key = await keyOf(store.privateKeys, credential.keyId)
  if (!key || (wanted && !wanted.keyTypes.includes(key.type))) return undefined
  const certificate = await store.certificates.find(credential.certificateId)
  const at = now()
  if (certificate?.status !== 'issued' || at < certificate.notBefore || at > certificate.notAfter) return undefined
  const issuer = await knownAuthority(world, certificate.authorityId)
  if (!issuer) throw new Error(`the authority of the certificate ${certificate.id} is missing`)
  return (parameters) =>
    parameters.keyTypes.includes(key.type)
      ? {
          credential,
          certificate,
          signer: signerOf(world, key, parameters.algorithm),
          chain: [certificate.bytes, ...(issuer.issuerId === undefined ? [] : [issuer.certificate])],
        }
      : undefined
}

function refuse(refusal: Refusal): never {
  throw refusal
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
  if (found) known.set(id, found)
  if (known.size > MOST_KEYS) known.delete(known.keys().next().value as string)
  return found
}
