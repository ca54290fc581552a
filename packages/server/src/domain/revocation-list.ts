/** Certificate revocation lists: of all that an authority issued, and of parts of it; made anew when something changed and before the last one ends. */
import {
  type RevokedCertificate as ListedCertificate,
  type RevocationReason as ListedReason,
  signCertificateRevocationList,
} from '@countersign/pki'
import type { Authority, AuthorityPurpose } from './authority.ts'
import {
  type RevocationList,
  type RevocationLists,
  type RevocationReason,
  type RevokedCertificate,
  WHOLE_LIST,
} from './certificate.ts'
import { isPartition, revocationListUrl } from './crl-partition.ts'
import { type Issuer, issuerFor, issuerOf } from './issuer.ts'
import { knownPkiUrls } from './known-pki-urls.ts'
import type { World } from './world.ts'

const SECOND = 1000
const HOUR = 3_600_000
const DAY = 24 * HOUR

/** How long a list holds, and after how long the next one comes: many days of grace, should the platform be down. */
const LASTS = 7 * DAY
const REBUILT_AFTER = 1 * DAY

/** RFC 5280 §3.3: a revoked certificate is on one more list after it has ended; several days of them are no harm. */
const LISTED_AFTER_END = 8 * DAY

/** Names of the store to names of RFC 5280 §5.3.1. */
export const LISTED_REASONS: Readonly<Record<RevocationReason, ListedReason>> = {
  unspecified: 'unspecified',
  key_compromise: 'keyCompromise',
  ca_compromise: 'cACompromise',
  affiliation_changed: 'affiliationChanged',
  superseded: 'superseded',
  cessation_of_operation: 'cessationOfOperation',
  certificate_hold: 'certificateHold',
  privilege_withdrawn: 'privilegeWithdrawn',
  aa_compromise: 'aACompromise',
}

/** The lists of each store, as this process last saw them: by authority and part. A long one is megabytes. */
type Served = { readonly list: RevocationList; readonly seenAt: number }
const served = new WeakMap<RevocationLists, Map<string, Served | Promise<RevocationList>>>()

/** What another node published is seen after this long. */
const FRESH_MS = 1 * SECOND

/** The newest list of a part of an authority; undefined where it has no such part. */
export async function partialRevocationList(
  world: World,
  purpose: AuthorityPurpose,
  partition: number,
): Promise<RevocationList | undefined> {
  return isPartition(purpose, partition) ? revocationList(world, purpose, partition) : undefined
}

/** The newest list of the authority for a purpose; built on the spot where there is none that still holds. */
export async function revocationList(
  world: World,
  purpose: AuthorityPurpose,
  partition = WHOLE_LIST,
): Promise<RevocationList> {
  const { authority } = await issuerFor(world, purpose)
  const known = servedLists(world)
  const key = `${authority.id} ${partition}`
  const before = known.get(key)
  if (before instanceof Promise) return before
  const now = world.now().getTime()
  if (before && now >= before.seenAt && now < before.seenAt + FRESH_MS && before.list.nextUpdate.getTime() > now)
    return before.list
  // One looks for all who ask meanwhile.
  const looking = currentList(world, authority, partition, before?.list)
  known.set(key, looking)
  try {
    const list = await looking
    known.set(key, { list, seenAt: now })
    return list
  } catch (error) {
    known.delete(key)
    throw error
  }
}

function servedLists({ store }: World): Map<string, Served | Promise<RevocationList>> {
  const known = served.get(store.revocationLists) ?? new Map<string, Served | Promise<RevocationList>>()
  served.set(store.revocationLists, known)
  return known
}

async function currentList(
  world: World,
  authority: Authority,
  partition: number,
  before: RevocationList | undefined,
): Promise<RevocationList> {
  const { revocationLists } = world.store
  const newest = await revocationLists.findNumber(authority.id, partition)
  const list = before && newest === before.number ? before : await revocationLists.find(authority.id, partition)
  if (list && list.nextUpdate > world.now()) return list
  return publishRevocationList(world, authority, partition)
}

/** Builds and publishes a list of an authority. Where nodes do so at once, the one whose number is taken gives way. */
export async function publishRevocationList(
  world: World,
  authority: Authority,
  partition = WHOLE_LIST,
): Promise<RevocationList> {
  const issuer = await issuerOf(world, authority)
  for (let attempt = 0; attempt < 5; attempt++) {
    const number = ((await world.store.revocationLists.findNumber(authority.id, partition)) ?? 0n) + 1n
    const list = await buildRevocationList(world, issuer, partition, number)
    if (!(await world.store.revocationLists.put(list))) continue
    servedLists(world).set(`${authority.id} ${partition}`, { list, seenAt: world.now().getTime() })
    return list
  }
  throw new Error(`the revocation list for ${authority.purpose} was overtaken again and again`)
}

async function buildRevocationList(
  world: World,
  { authority, certificate, keyIdentifier, signer }: Issuer,
  partition: number,
  number: bigint,
): Promise<RevocationList> {
  const thisUpdate = new Date(Math.floor(world.now().getTime() / SECOND) * SECOND)
  const nextUpdate = new Date(thisUpdate.getTime() + LASTS)
  const isWhole = partition === WHOLE_LIST
  const revoked = await world.store.certificates.listRevoked(
    authority.id,
    new Date(thisUpdate.getTime() - LISTED_AFTER_END),
    isWhole ? undefined : partition,
  )
  const urls = isWhole ? [] : await knownPkiUrls(world)
  const bytes = await signCertificateRevocationList(
    {
      issuer: certificate.subject,
      authorityKeyIdentifier: keyIdentifier,
      number,
      thisUpdate,
      nextUpdate,
      revoked: entriesOf(revoked),
      ...(!isWhole && {
        scope: { urls: urls.map((url) => revocationListUrl(url, authority.purpose, partition)), only: 'users' },
      }),
    },
    signer,
  )
  return { authorityId: authority.id, partition, number, thisUpdate, nextUpdate, bytes }
}

/** One after the other, as they are written: a hundred thousand at once would hold up everything else. */
function* entriesOf(revoked: readonly RevokedCertificate[]): Generator<ListedCertificate> {
  for (const { serialNumber, at, reason, invalidSince } of revoked)
    yield {
      serialNumber: BigInt(`0x${serialNumber}`),
      at,
      reason: LISTED_REASONS[reason],
      ...(invalidSince && { invalidSince }),
    }
}

/** Publishes every whole list that is missing, and every list that has grown old; how many it were. */
export async function publishDueRevocationLists(world: World): Promise<number> {
  let published = 0
  for (const authority of await world.store.authorities.list()) {
    const lists = await world.store.revocationLists.list(authority.id)
    const old = lists.filter(({ thisUpdate }) => world.now().getTime() - thisUpdate.getTime() >= REBUILT_AFTER)
    const due = new Set(old.map(({ partition }) => partition))
    // Parts are made when somebody asks for them or something of them is revoked: most platforms need few.
    if (!lists.some(({ partition }) => partition === WHOLE_LIST)) due.add(WHOLE_LIST)
    for (const partition of due) await publishRevocationList(world, authority, partition)
    published += due.size
  }
  return published
}

/** So long others leave it to this node to publish what it took. */
const CLAIMED_MS = 60 * SECOND
const CLAIMED_AT_ONCE = 5_000
/** So long answers of other nodes may look back for what changed. */
const REMEMBERED_MS = 1 * HOUR

/** Makes those lists anew that lack a revocation or a release; how many it were. Nodes that come to it at once share the work. */
export async function publishRevocationChanges(world: World): Promise<number> {
  const { revocationChanges, authorities } = world.store
  const changed = new Map<string, Set<number>>()
  const ids: string[] = []
  for (;;) {
    const at = world.now()
    const claimed = await revocationChanges.claim(at, new Date(at.getTime() + CLAIMED_MS), CLAIMED_AT_ONCE)
    for (const { id, authorityId, partition } of claimed) {
      ids.push(id)
      const partitions = changed.get(authorityId) ?? new Set([WHOLE_LIST])
      if (partition !== undefined) partitions.add(partition)
      changed.set(authorityId, partitions)
    }
    if (claimed.length < CLAIMED_AT_ONCE) break
  }
  let published = 0
  for (const [authorityId, partitions] of changed) {
    const authority = await authorities.find(authorityId)
    if (!authority) continue
    // The parts first: they are short, and what devices ask for.
    for (const partition of [...partitions].sort((a, b) => b - a)) {
      await publishRevocationList(world, authority, partition)
      published++
    }
  }
  await revocationChanges.settle(ids)
  return published
}

/** Forgets changes that every list tells of and every node has seen. */
export async function forgetRevocationChanges({ store, now }: World): Promise<void> {
  await store.revocationChanges.forget(new Date(now().getTime() - REMEMBERED_MS))
}
