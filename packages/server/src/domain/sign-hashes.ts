/** Signing hashes that were authorised before: signatures/signHash. CSC §11.9. */
import { encodeBase64, encodeHex } from '@countersign/codec'
import type { Principal } from './authenticate.ts'
import { recordRefusedUse } from './authorize-key.ts'
import { keptOfText, usableOrRefused } from './authorize-signatures.ts'
import { invalid, refused } from './csc-refusal.ts'
import {
  type HashParameters,
  type HashSignature,
  hashSignature,
  requireSalt,
  SIGN_ALGORITHMS,
} from './csc-signature-algorithm.ts'
import { auditEvent } from './record-event.ts'
import { activatedKey, type ProvenActivation, requireActivation } from './require-activation.ts'
import { DIGEST_BYTES } from './signature-parameters.ts'
import type { UsableCredential } from './signing-credential.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** What a client wants signed, by what. */
export type SignHashesRequest = {
  readonly credentialId: string
  readonly sad: string
  readonly hashes: readonly Uint8Array[]
  readonly signAlgo: string
  readonly signAlgoParams: string | undefined
  readonly hashAlgo: string | undefined
  /** From where it came. */
  readonly address: string
}

type SigningWorld = Pick<World, 'store' | 'keys' | 'now'>

/** The signatures in the order of the hashes, ECDSA as DER. They are recorded when this resolves, and what they were authorised by is spent before the first is made. */
export async function signHashes(
  world: SigningWorld,
  principal: Principal,
  request: SignHashesRequest,
  names: HashParameters,
): Promise<readonly Uint8Array[]> {
  const by = hashSignature(request, names)
  checkLengths(request.hashes, by)
  const usable = await usableOrRefused(world, principal, request.credentialId)
  if (!SIGN_ALGORITHMS[usable.key.type].includes(request.signAlgo)) throw invalid('signAlgo')
  requireSalt(usable.key.type, by)
  const proven = await requireActivation(world, principal, usable, request.sad, 'sign')
  const kept = by.hashAlgorithm ? request.hashes : request.hashes.map(keptOfText)
  await requireAuthorized(world, principal, usable, { proven, by, kept })
  if (!(await world.store.signatureActivations.take(proven.activation.id, kept.length, world.now()))) {
    await recordRefusedUse(world, principal, usable.credential, 'the SAD was used at the same time')
    throw invalid('SAD')
  }
  const opened = activatedKey(world, usable, proven)
  const sign = opened
    ? opened.digestSigner(by.algorithm, by.saltLength)
    : world.keys.digestSigner(usable.key, by.algorithm, by.saltLength)
  const signatures: Uint8Array[] = []
  for (const hash of request.hashes) signatures.push(await sign(hash))
  await Promise.all(kept.map((hash) => record(world, principal, usable, { hash, by, request, proven })))
  return signatures
}

function checkLengths(hashes: readonly Uint8Array[], { hashAlgorithm }: HashSignature): void {
  if (hashAlgorithm && hashes.some(({ length }) => length !== DIGEST_BYTES[hashAlgorithm]))
    throw refused('Invalid digest value length')
}

/** Each hash that was authorised once is signed once. */
async function requireAuthorized(
  world: SigningWorld,
  principal: Principal,
  { credential }: UsableCredential,
  {
    proven: { activation },
    by,
    kept,
  }: { readonly proven: ProvenActivation; readonly by: HashSignature; readonly kept: readonly Uint8Array[] },
): Promise<void> {
  const open = new Map<string, number>()
  for (const hash of activation.hashes.map(encodeBase64)) open.set(hash, (open.get(hash) ?? 0) + 1)
  const isAuthorized = (hash: string): boolean => {
    const left = open.get(hash) ?? 0
    open.set(hash, left - 1)
    return left > 0
  }
  if (activation.hashAlgorithm === by.hashAlgorithm && kept.map(encodeBase64).every(isAuthorized)) return
  await recordRefusedUse(world, principal, credential, 'the hash is not one that the SAD is for')
  throw refused('Hash is not authorized by the SAD')
}

async function record(
  { store, now }: SigningWorld,
  { account, user }: Principal,
  { credential, certificate }: UsableCredential,
  {
    hash,
    by,
    request,
    proven: { activation },
  }: {
    readonly hash: Uint8Array
    readonly by: HashSignature
    readonly request: SignHashesRequest
    readonly proven: ProvenActivation
  },
): Promise<void> {
  const at = now()
  const id = uuidV7(at)
  const { address } = request
  await store.signatures.record(
    {
      id,
      accountId: account.id,
      userId: user.id,
      credentialId: credential.id,
      certificateId: certificate.id,
      address,
      asset: undefined,
      signedHash: hash,
      createdAt: at,
    },
    auditEvent(
      at,
      { kind: 'user', id: user.id, accountId: account.id },
      {
        action: 'hash.sign',
        resourceType: 'signature',
        resourceId: id,
        details: {
          credentialId: credential.id,
          nickname: credential.nickname,
          activationId: activation.id,
          algorithm: by.algorithm,
          // Of a text that was signed as it is: its SHA-256.
          hashAlgorithm: by.hashAlgorithm ?? 'sha256',
          hash: encodeHex(hash),
          address,
        },
      },
    ),
  )
}
