/** Requests that are sent again under the same key: what came of the first is answered, and nothing is made twice. draft-ietf-httpapi-idempotency-key-header-07. */
import { encodeHex } from '@countersign/codec'
import { digest } from '@countersign/pki'
import { allDone } from './all-done.ts'
import type { Applicant } from './applicant.ts'
import { canonicalJson } from './canonical-json.ts'
import { equalInConstantTime } from './constant-time.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** A request that may be one that was sent before. */
export type IdempotentRequest = {
  /** As its client chose it. */
  readonly key: string
  /** What is asked: of another request it is another one. */
  readonly fingerprint: Uint8Array
  /** How it waits for one that is being worked on. */
  readonly wait: (milliseconds: number) => Promise<void>
}

/** That a key was used, and for what. */
export type IdempotencyKey = {
  /** Of the key, the account and who asks: keys themselves are not kept. */
  readonly id: string
  readonly fingerprint: Uint8Array
  /** What is made under it, or was. */
  readonly resourceId: string
  /** Whether it was made. */
  readonly isSettled: boolean
  /** Until when it is taken to be in the making: what a crash left is free after that. */
  readonly heldUntil: Date
  readonly endsAt: Date
}

/** The used keys in the store. */
export type IdempotencyKeys = {
  find(id: string): Promise<IdempotencyKey | undefined>
  /** Takes a key that is free: not used, or ended, or left unsettled. False where another request has it. */
  hold(key: IdempotencyKey, at: Date): Promise<boolean>
  /** Says that what it is held for is made. False where the key was taken over meanwhile. */
  settle(id: string, resourceId: string): Promise<boolean>
  /** Gives back a key under which nothing was made. */
  release(id: string, resourceId: string): Promise<void>
  /** How many there were. */
  removeEnded(before: Date): Promise<number>
}

const DAY_MS = 86_400_000
/** Longer than the slowest key takes to be made. */
const HELD_MS = 30_000
const PATIENCE_MS = 10_000
const FIRST_PAUSE_MS = 25
const LONGEST_PAUSE_MS = 400

/** How something is made, and how it is answered again. */
export type Once<Made> = {
  /** Records what it makes under the id that the applicant brings, in a transaction in which it has the applicant confirm. */
  make(applicant: Applicant): Promise<Made>
  again(resourceId: string): Promise<Made>
}

/**
 * Makes something, unless it was made under the same key before: two of the same request at the same time, on whichever
 * nodes, make one thing, and the second waits for it. A request that is declined leaves its key free.
 */
export async function once<Made>(
  world: Pick<World, 'store' | 'now'>,
  applicant: Applicant,
  request: IdempotentRequest | undefined,
  { make, again }: Once<Made>,
): Promise<Made> {
  if (!request) return make(applicant)
  const id = idOf(applicant, request.key)
  const began = world.now()
  let at = began
  for (let pauses = 0; at.getTime() - began.getTime() < PATIENCE_MS; pauses++, at = world.now()) {
    const used = await world.store.idempotencyKeys.find(id)
    if (used && used.endsAt > at) {
      requireSame(used, request)
      if (used.isSettled) return again(used.resourceId)
    }
    if (!used || used.endsAt <= at || used.heldUntil <= at) {
      const held = heldKey(id, request, at)
      applicant.requireUseLeft?.()
      const isHeld = await world.store.sharedTransaction(({ idempotencyKeys }) => idempotencyKeys.hold(held, at))
      if (isHeld) return makeUnder(world, held, applicant, make)
    }
    await request.wait(Math.min(FIRST_PAUSE_MS * 2 ** pauses, LONGEST_PAUSE_MS))
  }
  throw new Refusal(
    'conflict',
    'idempotency_key_in_use',
    'A request with this Idempotency-Key is still being worked on: try again.',
    { retryAfterSeconds: 5 },
  )
}

async function makeUnder<Made>(
  { store }: Pick<World, 'store'>,
  held: IdempotencyKey,
  applicant: Applicant,
  make: Once<Made>['make'],
): Promise<Made> {
  try {
    return await make({
      ...applicant,
      resourceId: held.resourceId,
      confirm: (repositories, made) => allDone([settle(repositories, held), applicant.confirm(repositories, made)]),
    })
  } catch (cause) {
    // Where even this fails the key is free when it is no longer held.
    await store.idempotencyKeys.release(held.id, held.resourceId).catch(() => {})
    throw cause
  }
}

async function settle(
  { idempotencyKeys }: Pick<Repositories, 'idempotencyKeys'>,
  { id, resourceId }: IdempotencyKey,
): Promise<void> {
  if (await idempotencyKeys.settle(id, resourceId)) return
  throw new Refusal(
    'conflict',
    'idempotency_key_in_use',
    'It took so long that another request with this Idempotency-Key has taken its place: try again.',
  )
}

function heldKey(id: string, { fingerprint }: IdempotentRequest, at: Date): IdempotencyKey {
  return {
    id,
    fingerprint,
    resourceId: uuidV7(at),
    isSettled: false,
    heldUntil: new Date(at.getTime() + HELD_MS),
    endsAt: new Date(at.getTime() + DAY_MS),
  }
}

/** One client's keys say nothing of another's, though both count from 1. */
function idOf({ accountId, actor }: Applicant, key: string): string {
  return encodeHex(hashOf([accountId, actor.kind, actor.id, key]))
}

/** What tells a request from others: what it asks of which thing. Secrets are left out by the caller. */
export function fingerprintOf(operation: string, ...parts: readonly unknown[]): Uint8Array {
  return hashOf([operation, ...parts])
}

function hashOf(parts: readonly unknown[]): Uint8Array {
  return digest('sha256', new TextEncoder().encode(canonicalJson(parts)))
}

function requireSame(used: IdempotencyKey, request: IdempotentRequest): void {
  if (equalInConstantTime(used.fingerprint, request.fingerprint)) return
  throw new Refusal(
    'unprocessable',
    'idempotency_key_reused',
    'This Idempotency-Key was sent with another request: each request has a key of its own.',
  )
}
