/** Opening a key by its PIN. Each attempt is counted in the store before it is made, so that nobody has more than five, on however many nodes. */
import { concatBytes, encodeHex, utf8Bytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import type { Principal } from './authenticate.ts'
import { type Credential, type Credentials, MOST_PIN_ATTEMPTS } from './credential.ts'
import type { OpenedKey } from './keys.ts'
import type { WrappedKey } from './private-key.ts'
import { auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import type { World } from './world.ts'

export type AuthorizationWorld = Pick<World, 'store' | 'keys' | 'now'>

/** A credential of a user, with its key, which a PIN opens. */
export type BoundCredential = { readonly credential: Credential; readonly key: WrappedKey }

/** Opens the key, or throws a Refusal: no PIN, a wrong one, or too many of them. The caller has seen to it that the credential may be used. */
export async function authorizeKey(
  world: AuthorizationWorld,
  principal: Principal,
  bound: BoundCredential,
  pin: string | undefined,
): Promise<OpenedKey> {
  const { credential, key } = bound
  if (key.boundTo !== credential.id)
    throw new TypeError(`the key of the credential ${credential.id} is not bound to it`)
  if (credential.userId !== principal.user.id) throw new TypeError('a key is opened by the user whose it is')
  if (!pin) {
    await recordRefusedUse(world, principal, credential, 'no PIN was sent')
    throw new Refusal('invalid', 'pin_missing', 'Missing (or invalid type) string parameter PIN.')
  }
  const under = attemptsUnderWay(world.store.credentials)
  // The same PIN for the same key: what is asked for many times at once is one attempt, and one Argon2id.
  const name = `${key.id} ${encodeHex(digest('sha256', concatBytes([key.wrapped, utf8Bytes(pin)])))}`
  const known = under.get(name)
  if (known) return known
  const attempt = tryPin(world, principal, bound, pin).finally(() => under.delete(name))
  under.set(name, attempt)
  return attempt
}

const underWay = new WeakMap<Credentials, Map<string, Promise<OpenedKey>>>()

function attemptsUnderWay(credentials: Credentials): Map<string, Promise<OpenedKey>> {
  const known = underWay.get(credentials) ?? new Map<string, Promise<OpenedKey>>()
  underWay.set(credentials, known)
  return known
}

async function tryPin(
  world: AuthorizationWorld,
  principal: Principal,
  { credential, key }: BoundCredential,
  pin: string,
): Promise<OpenedKey> {
  const { store, keys } = world
  const begun = await store.credentials.beginPinAttempt(credential.id)
  if (begun === 'busy')
    throw new Refusal('unavailable', 'temporarily_unavailable', 'Other PINs are being tried for this credential.')
  if (begun === 'locked') {
    await recordRefusedUse(world, principal, credential, 'the PIN is locked')
    throw new Refusal('invalid', 'pin_locked', 'The PIN is locked.')
  }
  let opened: OpenedKey | undefined
  try {
    opened = await keys.open(key, pin)
  } catch (error) {
    await store.credentials.endPinAttempt(credential.id, 'undone')
    throw error
  }
  if (opened) {
    await store.credentials.endPinAttempt(credential.id, 'right')
    return opened
  }
  await store.transaction(async (repositories) => {
    const failures = await repositories.credentials.endPinAttempt(credential.id, 'wrong')
    await appendRefusedUse(world, repositories, principal, credential, 'the PIN is wrong')
    if (failures === MOST_PIN_ATTEMPTS)
      await repositories.auditEvents.append(
        auditEvent(world.now(), actorOf(principal), {
          action: 'credential.lock',
          resourceType: 'credential',
          resourceId: credential.id,
          details: { nickname: credential.nickname, wrongInARow: failures },
        }),
      )
  })
  throw wrongPin()
}

/** The refusal of a PIN that is not the right one. */
export function wrongPin(): Refusal {
  return new Refusal('invalid', 'pin_invalid', 'The PIN is invalid.')
}

/** Writes into the audit log that somebody wanted to use a credential and could not. */
export async function recordRefusedUse(
  world: Pick<World, 'store' | 'now'>,
  principal: Principal,
  credential: Credential,
  reason: string,
): Promise<void> {
  await appendRefusedUse(world, world.store, principal, credential, reason)
}

async function appendRefusedUse(
  { now }: Pick<World, 'now'>,
  { auditEvents }: Pick<Repositories, 'auditEvents'>,
  principal: Principal,
  { id, nickname }: Credential,
  reason: string,
): Promise<void> {
  const event = auditEvent(now(), actorOf(principal), {
    action: 'credential.use',
    resourceType: 'credential',
    resourceId: id,
    details: { nickname, reason },
  })
  await auditEvents.append({ ...event, status: 'failed' })
}

function actorOf({ user, account }: Principal) {
  return { kind: 'user', id: user.id, accountId: account.id } as const
}
