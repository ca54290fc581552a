/** RSA keys for devices, made ahead once somebody has asked for one: primes are found in a tenth of a second, or in many. */
import { encodeHex } from '@countersign/codec'
import { digest } from '@countersign/pki'
import type { DeviceKeyType } from './device-key-type.ts'
import type { DeviceKeyPair } from './keys.ts'
import type { PooledKey, PooledKeyType } from './pooled-key.ts'
import { Refusal } from './refusal.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** How many keys of each type lie ready. */
export const POOL_SIZES: Readonly<Record<PooledKeyType, number>> = { rsa_2048: 16, rsa_3072: 8, rsa_4096: 8 }

const TYPES = Object.keys(POOL_SIZES) as readonly PooledKeyType[]
const HOUR_MS = 3_600_000
/** Of what nobody asked for in so long nothing is kept, and no key lies for longer. */
const KEPT_MS = 7 * 24 * HOUR_MS

type PoolWorld = Pick<World, 'store' | 'keys' | 'now'>

/** A key pair for a device: out of the pool, where one lies there, or made now. */
export async function deviceKeyPair(world: PoolWorld, type: DeviceKeyType): Promise<DeviceKeyPair> {
  if (!isPooled(type)) return world.keys.generateForDevice(type)
  await noteDemand(world, type)
  const taken = await world.store.pooledKeys.take(type)
  if (!taken) return world.keys.generateForDevice(type)
  const { publicKey, wrapped } = taken
  return { publicKey, privateKey: world.keys.unwrapSecret(contextOf(taken), wrapped) }
}

/**
 * Makes one key for a pool that is asked for and not full. False where there is none, or where others wait for keys of
 * their own.
 */
export async function addPooledKey(world: PoolWorld): Promise<boolean> {
  for (const type of TYPES)
    if ((await isWanted(world, type)) && (await world.store.pooledKeys.count(type)) < POOL_SIZES[type])
      return makeOne(world, type)
  return false
}

/** Drops keys of types that nobody asks for any more, and those that have lain for long. How many. */
export async function dropStaleKeys(world: PoolWorld): Promise<number> {
  const now = world.now()
  let dropped = 0
  for (const type of TYPES)
    dropped += await world.store.pooledKeys.removeMadeBefore(type, (await isWanted(world, type)) ? keptSince(now) : now)
  return dropped
}

/** Empties the pools. A platform may start on a restored backup: what lies there may have been handed out since it was made. */
export async function emptyKeyPools({ store }: Pick<World, 'store'>): Promise<void> {
  if ((await store.pooledKeys.removeAll()) > 0) await store.overwriteDeleted()
}

async function makeOne({ store, keys, now }: PoolWorld, type: PooledKeyType): Promise<boolean> {
  try {
    const { publicKey, privateKey } = await keys.generateForDevice(type)
    const key = { id: uuidV7(now()), type, publicKey, createdAt: now() }
    const wrapped = keys.wrapSecret(contextOf(key), privateKey)
    privateKey.fill(0)
    await store.pooledKeys.add({ ...key, wrapped })
    return true
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'unavailable') return false
    throw error
  }
}

function isPooled(type: DeviceKeyType): type is PooledKeyType {
  return Object.hasOwn(POOL_SIZES, type)
}

/** The private key opens beside its own public key alone. */
function contextOf({ id, publicKey }: Pick<PooledKey, 'id' | 'publicKey'>): string {
  return `pooled key ${id} for ${encodeHex(digest('sha256', publicKey))}`
}

const keptSince = (now: Date): Date => new Date(now.getTime() - KEPT_MS)

const settingOf = (type: PooledKeyType): string => `key_pool.${type}.asked_at`

async function demandOf({ store }: PoolWorld, type: PooledKeyType): Promise<Date | undefined> {
  const text = await store.settings.find(settingOf(type))
  return text === undefined ? undefined : new Date(text)
}

async function isWanted(world: PoolWorld, type: PooledKeyType): Promise<boolean> {
  const askedAt = await demandOf(world, type)
  return askedAt !== undefined && askedAt >= keptSince(world.now())
}

/** To the hour. */
async function noteDemand(world: PoolWorld, type: PooledKeyType): Promise<void> {
  const now = world.now()
  const askedAt = await demandOf(world, type)
  if (askedAt && now.getTime() - askedAt.getTime() < HOUR_MS) return
  await world.store.settings.put(settingOf(type), now.toISOString())
}
