import { decodeBase64 } from '@countersign/codec'
import { digest } from '@countersign/pki'
import type { Principal } from './authenticate.ts'
import { recordRefusedUse } from './authorize-key.ts'
import { equalInConstantTime } from './constant-time.ts'
import { invalid, refused } from './csc-refusal.ts'
import type { OpenedKey } from './keys.ts'
import type { SignatureActivation } from './signature-activation.ts'
import type { UsableCredential } from './signing-credential.ts'
import type { World } from './world.ts'

/** Signature activation data with the secret that proved it. */
export type ProvenActivation = { readonly activation: SignatureActivation; readonly secret: Uint8Array }

/**
 * What a text stands for, if it was given to this user, for this credential with the key and PIN that it has now, and
 * counts still. What is wrong with any other the client is not told, but that its own has ended; the audit log has it.
 */
export async function requireActivation(
  world: Pick<World, 'store' | 'now'>,
  principal: Principal,
  usable: UsableCredential,
  text: string,
  purpose: 'sign' | 'extend',
): Promise<ProvenActivation> {
  const secret = secretOf(text)
  const activation = secret && (await world.store.signatureActivations.findBySecretHash(digest('sha256', secret)))
  const fault = activation ? faultOf(activation, principal, usable, purpose) : 'the SAD is none of this platform'
  if (!secret || !activation || fault !== undefined) {
    await recordRefusedUse(world, principal, usable.credential, fault ?? '')
    throw invalid('SAD')
  }
  if (world.now() < activation.endsAt) return { activation, secret }
  await recordRefusedUse(world, principal, usable.credential, 'the SAD has ended')
  throw refused('SAD expired')
}

function faultOf(
  activation: SignatureActivation,
  { user }: Principal,
  { credential, key }: UsableCredential,
  purpose: 'sign' | 'extend',
): string | undefined {
  if (activation.userId !== user.id) return 'the SAD is another user’s'
  if (activation.credentialId !== credential.id) return 'the SAD is for another credential'
  if (!equalInConstantTime(activation.wrappingHash, digest('sha256', key.wrapped)))
    return 'the key or the PIN of the credential is another one since'
  if (activation.extendedAt) return 'another SAD took the place of this one'
  if (purpose === 'sign' && activation.signedAt) return 'the SAD was used already'
  if (purpose === 'extend' && activation.remaining === 0) return 'all signatures of the SAD were made'
  return undefined
}

/** The key that the PIN opened when the activation was given; undefined where no PIN binds it. */
export function activatedKey(
  { keys }: Pick<World, 'keys'>,
  { key }: UsableCredential,
  { activation: { id, sealedKey }, secret }: ProvenActivation,
): OpenedKey | undefined {
  if (key.boundTo === undefined) return undefined
  const opened = sealedKey && keys.unseal(key, id, secret, sealedKey)
  if (!opened) throw new Error(`the key of the signature activation ${id} does not open`)
  return opened
}

/** 32 bytes in base64. */
function secretOf(text: string): Uint8Array | undefined {
  if (text.length !== 44) return undefined
  try {
    const secret = decodeBase64(text)
    return secret.length === 32 ? secret : undefined
  } catch {
    return undefined
  }
}
