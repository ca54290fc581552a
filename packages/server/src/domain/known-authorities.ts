import type { Authorities, Authority } from './authority.ts'
import type { World } from './world.ts'

/** An authority never changes nor goes once it is there; one that another node adds is seen after this long. */
const FRESH_MS = 60_000

type Remembered = { readonly until: number; readonly authorities: readonly Authority[] }
const remembered = new WeakMap<Authorities, Remembered>()

type AuthoritiesWorld = Pick<World, 'now'> & { readonly store: { readonly authorities: Authorities } }

/** An authority by its id; all are read from the store once a minute, and when the one that is asked for is not among them. */
export async function knownAuthority(world: AuthoritiesWorld, id: string): Promise<Authority | undefined> {
  return knownWhere(world, (authority) => authority.id === id)
}

/** The root. */
export async function knownRoot(world: AuthoritiesWorld): Promise<Authority> {
  const root = await knownWhere(world, ({ purpose }) => purpose === 'root')
  if (!root) throw new Error('there is no root')
  return root
}

async function knownWhere(
  { store, now }: AuthoritiesWorld,
  isWanted: (authority: Authority) => boolean,
): Promise<Authority | undefined> {
  const at = now().getTime()
  const before = remembered.get(store.authorities)
  const known = before && at < before.until && at >= before.until - FRESH_MS ? before.authorities : undefined
  const found = known?.find(isWanted)
  if (found) return found
  const authorities = await store.authorities.list()
  remembered.set(store.authorities, { until: at + FRESH_MS, authorities })
  return authorities.find(isWanted)
}
