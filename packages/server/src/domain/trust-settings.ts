/** Whom the platform's verifier believes: its own roots always, and the anchors that its administrators chose. */
import { encodeHex } from '@countersign/codec'
import { type Actor, auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import type { TrustAnchor, TrustAnchors, TrustPurpose } from './trust-anchor.ts'
import { type AnchorCertificate, anchorCertificates } from './trust-list.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** DER of the anchors, for the verifier. While nothing changes it is the same object, so that it is decoded once. */
export type TrustLists = {
  /** Tells these lists from others, in other threads too. */
  readonly key: string
  readonly signers: readonly Uint8Array[]
  readonly timeStamps: readonly Uint8Array[]
}

/** For so long a process goes by what it has read: a change made by another one is seen after that. */
const FRESH_MS = 2_000

type Remembered = { readonly until: number; readonly lists: Promise<TrustLists> }
const remembered = new WeakMap<TrustAnchors, Remembered>()

type SettingsWorld = Pick<World, 'now'> & { readonly store: Pick<World['store'], 'trustAnchors' | 'authorities'> }

/** Whom to believe now: roots of the platform for both purposes, and the anchors of each. */
export async function trustLists({ store, now }: SettingsWorld): Promise<TrustLists> {
  const at = now().getTime()
  const before = remembered.get(store.trustAnchors)
  if (before && at < before.until && at >= before.until - FRESH_MS) return before.lists
  const lists = readLists(store, before?.lists)
  remembered.set(store.trustAnchors, { until: at + FRESH_MS, lists })
  // What could not be read once is read again by the next who asks.
  lists.catch(() => forget(store.trustAnchors))
  return lists
}

function forget(anchors: TrustAnchors): void {
  remembered.delete(anchors)
}

async function readLists(store: SettingsWorld['store'], before: Promise<TrustLists> | undefined): Promise<TrustLists> {
  const [authorities, anchors] = await Promise.all([store.authorities.list(), store.trustAnchors.list()])
  const roots = authorities.filter(({ issuerId }) => issuerId === undefined)
  const key = [...roots, ...anchors].map(({ id }) => id).join(' ')
  const known = await before?.catch(() => undefined)
  if (known?.key === key) return known
  const listOf = (purpose: TrustPurpose): readonly Uint8Array[] =>
    // Copies: a driver's bytes may be a part of all that it received, which would cross to the threads with them.
    [...roots, ...anchors.filter((anchor) => anchor.purpose === purpose)].map(
      ({ certificate }) => new Uint8Array(certificate),
    )
  return { key, signers: listOf('signers'), timeStamps: listOf('time-stamps') }
}

/** Every verification carries the lists along: they stay of a size that costs nothing. */
const MOST_ANCHORS = 1_000

type ChangingWorld = Pick<World, 'now' | 'store'>

/** What became of certificates that were to be added. */
export type AddedAnchors = {
  readonly added: readonly TrustAnchor[]
  /** Those that were there before. */
  readonly known: readonly TrustAnchor[]
}

/** Adds the certificates of a PEM text for a purpose; all of them or, when one is at fault, none. */
export async function addTrustAnchors(
  world: ChangingWorld,
  actor: Actor,
  { purpose, pem }: { readonly purpose: TrustPurpose; readonly pem: string },
): Promise<AddedAnchors> {
  const certificates = anchorCertificates(pem)
  const outcome = await world.store.transaction(async (repositories) => {
    const present = await anchorsOf(repositories, purpose)
    const known = certificates.flatMap(({ sha256 }) => present.get(encodeHex(sha256)) ?? [])
    const missing = certificates.filter(({ sha256 }) => !present.has(encodeHex(sha256)))
    checkRoom(purpose, present.size + missing.length)
    const added: TrustAnchor[] = []
    for (const certificate of missing)
      added.push(await addAnchor(repositories, world.now(), actor, purpose, 'added', certificate))
    return { added, known }
  })
  forget(world.store.trustAnchors)
  return outcome
}

/** Removes an anchor. */
export async function removeTrustAnchor(world: ChangingWorld, actor: Actor, id: string): Promise<TrustAnchor> {
  const removed = await world.store.transaction(async (repositories) => {
    const anchor = await repositories.trustAnchors.find(id)
    if (!anchor) throw new Refusal('not_found', 'trust_anchor_not_found', 'There is no such trust anchor.')
    await removeAnchor(repositories, world.now(), actor, anchor)
    return anchor
  })
  forget(world.store.trustAnchors)
  return removed
}

/** What an update of a published list changed. */
export type PublishedListUpdate = {
  readonly purpose: TrustPurpose
  readonly before: number
  readonly after: number
  readonly added: readonly TrustAnchor[]
  readonly removed: readonly TrustAnchor[]
}

/** A list as C2PA publishes it. */
export type PublishedList = { readonly purpose: TrustPurpose; readonly pem: string }

/**
 * Makes the published anchors of each list's purpose those of the list: what is new comes, what it has no longer goes.
 * What somebody added stays as it is. All lists in one transaction, and none when one is at fault.
 */
export async function updatePublishedAnchors(
  world: ChangingWorld,
  actor: Actor,
  lists: readonly PublishedList[],
): Promise<readonly PublishedListUpdate[]> {
  const read = lists.map(({ purpose, pem }) => ({ purpose, certificates: anchorCertificates(pem) }))
  const updates = await world.store.transaction(async (repositories) => {
    const done: PublishedListUpdate[] = []
    for (const { purpose, certificates } of read)
      done.push(await updateList(repositories, world.now(), actor, purpose, certificates))
    return done
  })
  forget(world.store.trustAnchors)
  return updates
}

async function updateList(
  repositories: Repositories,
  at: Date,
  actor: Actor,
  purpose: TrustPurpose,
  certificates: readonly AnchorCertificate[],
): Promise<PublishedListUpdate> {
  const present = await anchorsOf(repositories, purpose)
  const listed = new Set(certificates.map(({ sha256 }) => encodeHex(sha256)))
  const removed = [...present].flatMap(([sha256, anchor]) =>
    anchor.source === 'c2pa' && !listed.has(sha256) ? [anchor] : [],
  )
  const missing = certificates.filter(({ sha256 }) => !present.has(encodeHex(sha256)))
  const after = present.size - removed.length + missing.length
  checkRoom(purpose, after)
  for (const anchor of removed) await removeAnchor(repositories, at, actor, anchor)
  const added: TrustAnchor[] = []
  for (const certificate of missing) added.push(await addAnchor(repositories, at, actor, purpose, 'c2pa', certificate))
  return { purpose, before: present.size, after, added, removed }
}

async function anchorsOf(
  { trustAnchors }: Repositories,
  purpose: TrustPurpose,
): Promise<ReadonlyMap<string, TrustAnchor>> {
  const anchors = (await trustAnchors.list()).filter((anchor) => anchor.purpose === purpose)
  return new Map(anchors.map((anchor) => [encodeHex(anchor.sha256), anchor]))
}

function checkRoom(purpose: TrustPurpose, count: number): void {
  if (count > MOST_ANCHORS)
    throw new Refusal('conflict', 'too_many_trust_anchors', `There may be ${MOST_ANCHORS} anchors for ${purpose}.`)
}

async function addAnchor(
  { trustAnchors, auditEvents }: Repositories,
  at: Date,
  actor: Actor,
  purpose: TrustPurpose,
  source: TrustAnchor['source'],
  certificate: AnchorCertificate,
): Promise<TrustAnchor> {
  const anchor: TrustAnchor = { id: uuidV7(at), purpose, source, createdAt: at, ...certificate }
  await trustAnchors.add(anchor)
  await auditEvents.append(changed(at, actor, 'trust_anchor.add', anchor))
  return anchor
}

async function removeAnchor(
  { trustAnchors, auditEvents }: Repositories,
  at: Date,
  actor: Actor,
  anchor: TrustAnchor,
): Promise<void> {
  await trustAnchors.remove(anchor.id)
  await auditEvents.append(changed(at, actor, 'trust_anchor.remove', anchor))
}

function changed(at: Date, actor: Actor, action: string, anchor: TrustAnchor): ReturnType<typeof auditEvent> {
  const { id, purpose, source, subject, sha256 } = anchor
  return auditEvent(at, actor, {
    action,
    resourceType: 'trust_anchor',
    resourceId: id,
    details: { purpose, source, subject, sha256: encodeHex(sha256) },
  })
}
