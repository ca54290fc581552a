/** Certificate revocation lists: one for each authority, built when something was revoked and before the last one ends. */
import { type RevocationReason as ListedReason, signCertificateRevocationList } from '@countersign/pki'
import type { Authority, AuthorityPurpose } from './authority.ts'
import type { RevocationList, RevocationReason } from './certificate.ts'
import { issuerFor, issuerOf } from './issuer.ts'
import type { World } from './world.ts'

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

/** The newest list of the authority for a purpose; built on the spot where there is none that still holds. */
export async function revocationList(world: World, purpose: AuthorityPurpose): Promise<RevocationList> {
  const { authority } = await issuerFor(world, purpose)
  const found = await world.store.revocationLists.find(authority.id)
  if (found && found.nextUpdate > world.now()) return found
  return publishRevocationList(world, authority)
}

/** Builds and publishes the list of an authority. Where nodes do so at once, the one whose number is taken gives way. */
export async function publishRevocationList(world: World, authority: Authority): Promise<RevocationList> {
  const issuer = await issuerOf(world, authority)
  for (let attempt = 0; attempt < 5; attempt++) {
    const previous = await world.store.revocationLists.find(authority.id)
    const thisUpdate = new Date(Math.floor(world.now().getTime() / 1000) * 1000)
    const nextUpdate = new Date(thisUpdate.getTime() + LASTS)
    const number = (previous?.number ?? 0n) + 1n
    const revoked = await world.store.certificates.listRevoked(
      authority.id,
      new Date(thisUpdate.getTime() - LISTED_AFTER_END),
    )
    const bytes = await signCertificateRevocationList(
      {
        issuer: issuer.certificate.subject,
        authorityKeyIdentifier: issuer.keyIdentifier,
        number,
        thisUpdate,
        nextUpdate,
        revoked: revoked.map(({ serialNumber, at, reason }) => ({
          serialNumber: BigInt(`0x${serialNumber}`),
          at,
          // RFC 5280 §5.3.1: unspecified is said by saying nothing.
          ...(reason === 'unspecified' ? {} : { reason: LISTED_REASONS[reason] }),
        })),
      },
      issuer.signer,
    )
    const list: RevocationList = { authorityId: authority.id, number, thisUpdate, nextUpdate, bytes }
    if (await world.store.revocationLists.put(list)) return list
  }
  throw new Error(`the revocation list for ${authority.purpose} was overtaken again and again`)
}

/** Publishes every list that is missing or has grown old, or that lacks a revocation; how many it were. */
export async function publishDueRevocationLists(world: World): Promise<number> {
  let published = 0
  for (const authority of await world.store.authorities.list()) {
    const list = await world.store.revocationLists.find(authority.id)
    if (list && !(await isDue(world, list))) continue
    await publishRevocationList(world, authority)
    published++
  }
  return published
}

async function isDue(world: World, list: RevocationList): Promise<boolean> {
  const now = world.now()
  if (now.getTime() - list.thisUpdate.getTime() >= REBUILT_AFTER) return true
  const newest = (await world.store.certificates.listRevoked(list.authorityId, now)).at(-1)
  // In the second of the list itself: it may have been built before.
  return newest !== undefined && newest.at >= list.thisUpdate && now.getTime() - newest.at.getTime() > 1000
}
