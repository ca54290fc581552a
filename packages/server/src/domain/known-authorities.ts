import type { Authorities, Authority } from './authority.ts'
import type { World } from './world.ts'

/** An authority never changes nor goes once it is there; one that another node adds is seen after this long. */
const FRESH_MS = 60_000

type Remembered = { readonly until: number; readonly authorities: readonly Authority[] }
const remembered = new WeakMap<Authorities, Remembered>()

type AuthoritiesWorld = Pick<World, 'now'> & { readonly store: { readonly authorities: Authorities } }

/** An authority by its id; all are read from the store once a minute, and when the one that is asked for is not among them. */
export async function knownAuthority({ store, now }: AuthoritiesWorld, id: string): Promise<Authority | undefined> {
  const at = now().getTime()
  const before = remembered.get(store.authorities)
  const known = before && at < before.until && at >= before.until - FRESH_MS ? before.authorities : undefined
  const found = known?.find((authority) => authority.id === id)
  if (found) return found
  const authorities = await store.authorities.list()
  remembered.set(store.authorities, { until: at + FRESH_MS, authorities })
  return authorities.find((authority) => authority.id === id)
}
