/** Authorising a credential for signatures over hashes: credentials/authorize and credentials/extendTransaction. CSC §11.6, §11.7. */
import { digest } from '@countersign/pki'
import type { Principal } from './authenticate.ts'
import { authorizeKey, recordRefusedUse, wrongPin } from './authorize-key.ts'
import { invalid, missing, refused, unusable } from './csc-refusal.ts'
import { type HashParameters, hashesOf, hashOf } from './csc-signature-algorithm.ts'
import type { OpenedKey } from './keys.ts'
import type { KeyType } from './private-key.ts'
import { auditEvent } from './record-event.ts'
import { activatedKey, requireActivation } from './require-activation.ts'
import { newActivationSecret, type SignatureActivation } from './signature-activation.ts'
import { DIGEST_BYTES } from './signature-parameters.ts'
import { credentialForUse, type UsableCredential } from './signing-credential.ts'
import type { Repositories } from './store.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** `multisign` of CSC: so many signatures are authorised at once. */
export const MOST_SIGNATURES = 1_000

/** For how long it may be signed with what was given. */
const ACTIVATION_MS = 5 * 60_000
/** For how long others may follow, before the PIN is asked for again. */
const CHAIN_MS = 60 * 60_000

/** Of what Ed25519 signs as it is. */
const MOST_TEXT_BYTES = 65_536

/** What is to be signed later, and what it was hashed by if the client says. */
export type HashesToSign = {
  readonly hashes: readonly Uint8Array[]
  readonly hashAlgo: string | undefined
}

/** What stands for an authorisation: told once. */
export type ToldActivation = { readonly sad: string; readonly expiresInSeconds: number }

type AuthorizationWorld = Pick<World, 'store' | 'keys' | 'now'>

/** Gives signature activation data for so many signatures, of which these hashes are the first, to who knows the PIN. */
export async function authorizeSignatures(
  world: AuthorizationWorld,
  principal: Principal,
  wanted: HashesToSign & {
    readonly credentialId: string
    readonly signatures: number
    readonly pin: string | undefined
    readonly address: string
  },
  names: HashParameters,
): Promise<ToldActivation> {
  const { signatures, address } = wanted
  if (signatures < 1) throw refused('Invalid value for parameter numSignatures')
  if (signatures > MOST_SIGNATURES) throw refused('Numbers of signatures is too high')
  if (wanted.hashes.length > signatures) throw refused('Invalid value for parameter numSignatures')
  const usable = await usableOrRefused(world, principal, wanted.credentialId)
  const bound = boundHashes(usable.key.type, wanted, names)
  const opened = await openKey(world, principal, usable, wanted.pin)
  const at = world.now()
  const { activation, told } = newActivation(at, principal, usable, opened, {
    ...bound,
    remaining: signatures,
    authorizedAt: at,
  })
  await world.store.transaction(async (repositories) => {
    await repositories.signatureActivations.add(activation)
    await record(repositories, principal, usable, 'credential.authorize', { at, activation, address })
  })
  return told
}

/** Gives the next of a chain, for other hashes, to who has the one before; without a PIN, since it was given for all of them. */
export async function extendAuthorization(
  world: AuthorizationWorld,
  principal: Principal,
  wanted: HashesToSign & { readonly credentialId: string; readonly sad: string; readonly address: string },
  names: HashParameters,
): Promise<ToldActivation> {
  const usable = await usableOrRefused(world, principal, wanted.credentialId)
  const bound = boundHashes(usable.key.type, wanted, names)
  const proven = await requireActivation(world, principal, usable, wanted.sad, 'extend')
  const before = proven.activation
  if (bound.hashes.length > before.remaining) {
    await recordRefusedUse(world, principal, usable.credential, 'more signatures were asked for than are left')
    throw refused('Numbers of signatures is too high')
  }
  const opened = activatedKey(world, usable, proven)
  const at = world.now()
  const chain = { ...bound, remaining: before.remaining, authorizedAt: before.authorizedAt }
  const { activation, told } = newActivation(at, principal, usable, opened, chain)
  const isFirst = await world.store.transaction(async (repositories) => {
    const remaining = await repositories.signatureActivations.extend(before.id, at)
    // Somebody signed or extended since it was looked at.
    if (remaining === undefined || remaining < bound.hashes.length) return false
    await repositories.signatureActivations.add({ ...activation, remaining })
    await record(repositories, principal, usable, 'credential.extend_authorization', {
      at,
      activation,
      address: wanted.address,
    })
    return true
  })
  if (isFirst) return told
  await recordRefusedUse(world, principal, usable.credential, 'the SAD was used at the same time')
  throw invalid('SAD')
}

/** The credential that is named and may sign now, or the sentence of what is wrong with it. */
export async function usableOrRefused(
  world: AuthorizationWorld,
  principal: Principal,
  credentialId: string,
): Promise<UsableCredential> {
  const found = await credentialForUse(world, principal, credentialId)
  if ('fault' in found) throw unusable(found)
  return found
}

/** The key that the PIN opens; undefined where none binds it, and then none may be sent. */
async function openKey(
  world: AuthorizationWorld,
  principal: Principal,
  usable: UsableCredential,
  pin: string | undefined,
): Promise<OpenedKey | undefined> {
  if (usable.key.boundTo !== undefined && pin) return authorizeKey(world, principal, usable, pin)
  if (usable.key.boundTo === undefined && !pin) return undefined
  await recordRefusedUse(
    world,
    principal,
    usable.credential,
    pin ? 'it has no PIN, and one was sent' : 'no PIN was sent',
  )
  throw pin ? wrongPin() : missing('string', 'PIN')
}

/** What is kept of the hashes: as long as their hash has them, and one that a key of the type can sign. */
function boundHashes(
  type: KeyType,
  { hashes, hashAlgo }: HashesToSign,
  { hashAlgorithm: parameter }: HashParameters,
): Pick<SignatureActivation, 'hashes' | 'hashAlgorithm'> {
  const signable = hashesOf(type)
  if (signable.length === 0) return { hashes: hashes.map(keptOfText), hashAlgorithm: undefined }
  const length = hashes[0]?.length
  // What version 1 leaves unsaid, the length says: it is that of one hash alone.
  const hashAlgorithm =
    hashAlgo === undefined ? signable.find((hash) => DIGEST_BYTES[hash] === length) : hashOf(hashAlgo, parameter)
  if (hashAlgorithm && !signable.includes(hashAlgorithm)) throw invalid(parameter)
  if (!hashAlgorithm || hashes.some((hash) => hash.length !== DIGEST_BYTES[hashAlgorithm])) throw wrongLength()
  return { hashes, hashAlgorithm }
}

/** What is kept of a text that Ed25519 signs as it is. */
export function keptOfText(text: Uint8Array): Uint8Array {
  if (text.length === 0 || text.length > MOST_TEXT_BYTES) throw wrongLength()
  return digest('sha256', text)
}

function wrongLength() {
  return refused('Invalid digest value length')
}

function newActivation(
  at: Date,
  { user }: Principal,
  { credential, key }: UsableCredential,
  opened: OpenedKey | undefined,
  bound: Pick<SignatureActivation, 'hashes' | 'hashAlgorithm' | 'remaining' | 'authorizedAt'>,
): { readonly activation: SignatureActivation; readonly told: ToldActivation } {
  const { secret, text, secretHash } = newActivationSecret()
  const id = uuidV7(at)
  const endsAt = new Date(Math.min(at.getTime() + ACTIVATION_MS, bound.authorizedAt.getTime() + CHAIN_MS))
  const activation: SignatureActivation = {
    id,
    secretHash,
    userId: user.id,
    credentialId: credential.id,
    wrappingHash: digest('sha256', key.wrapped),
    sealedKey: opened?.seal(id, secret),
    endsAt,
    signedAt: undefined,
    extendedAt: undefined,
    ...bound,
  }
  const told = { sad: text, expiresInSeconds: Math.floor((endsAt.getTime() - at.getTime()) / 1000) }
  secret.fill(0)
  return { activation, told }
}

async function record(
  { auditEvents }: Pick<Repositories, 'auditEvents'>,
  { user, account }: Principal,
  { credential }: UsableCredential,
  action: string,
  {
    at,
    activation,
    address,
  }: { readonly at: Date; readonly activation: SignatureActivation; readonly address: string },
): Promise<void> {
  const { hashes, hashAlgorithm, remaining, endsAt } = activation
  await auditEvents.append(
    auditEvent(
      at,
      { kind: 'user', id: user.id, accountId: account.id },
      {
        action,
        resourceType: 'credential',
        resourceId: credential.id,
        details: {
          nickname: credential.nickname,
          activationId: activation.id,
          hashes: hashes.length,
          ...(hashAlgorithm && { hashAlgorithm }),
          signatures: remaining,
          endsAt: endsAt.toISOString(),
          address,
        },
      },
    ),
  )
}
