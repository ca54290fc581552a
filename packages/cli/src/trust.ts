/** `countersign trust`: whom the platform's verifier believes beside its own roots. Works on the database of this machine. */
import { readFile } from 'node:fs/promises'
import {
  type AddedAnchors,
  addTrustAnchors,
  openPlatformStore,
  PLATFORM,
  type PublishedListUpdate,
  removeTrustAnchor,
  type Store,
  type TrustAnchor,
  updatePublishedAnchors,
} from '@countersign/server'
import { readConfig, TRUST_PURPOSES, type TrustPurpose } from '@countersign/server/settings'
import { unreadable } from './failure.ts'
import { paint } from './paint.ts'
import { plain } from './plain-text.ts'
import { publishedLists } from './published-list.ts'

type Flags = Readonly<Record<string, string>>

const TITLES: Readonly<Record<TrustPurpose, string>> = { signers: 'Signers', 'time-stamps': 'Time stamps' }

/** Prints the anchors of each purpose. */
export async function listTrust(flags: Flags): Promise<void> {
  await withStore(flags, async (store) => {
    const anchors = await store.trustAnchors.list()
    const { bold, dim } = paint(process.stdout)
    for (const purpose of TRUST_PURPOSES) {
      const list = anchors.filter((anchor) => anchor.purpose === purpose)
      print([bold(`${TITLES[purpose]}: ${list.length}, beside the platform's own`)])
      print(
        bySubject(list).map(
          ({ id, notAfter, source, subject }) =>
            `  ${id}  ${dim(`until ${day(notAfter)}  ${source.padEnd(5)}`)}  ${plain(subject)}`,
        ),
      )
    }
  })
}

/** Adds the certificates of a PEM file. */
export async function addTrust(file: string, purpose: TrustPurpose, flags: Flags): Promise<void> {
  let pem: string
  try {
    pem = await readFile(file, 'latin1')
  } catch (cause) {
    throw unreadable(file, cause as NodeJS.ErrnoException)
  }
  await withStore(flags, async (store) => {
    const { added, known }: AddedAnchors = await addTrustAnchors(worldOf(store), PLATFORM, { purpose, pem })
    const { green, dim } = paint(process.stdout)
    print(bySubject(added).map(({ id, subject }) => `${green('+')} ${plain(subject)}  ${dim(id)}`))
    print(bySubject(known).map(({ id, subject }) => `${dim('=')} ${plain(subject)}  ${dim(`${id}, there already`)}`))
  })
}

/** Removes anchors by their ids. */
export async function removeTrust(ids: readonly string[], flags: Flags): Promise<void> {
  await withStore(flags, async (store) => {
    for (const id of ids) {
      const { purpose, subject } = await removeTrustAnchor(worldOf(store), PLATFORM, id)
      print([`${paint(process.stdout).red('-')} ${plain(subject)}  ${paint(process.stdout).dim(`for ${purpose}`)}`])
    }
  })
}

/** Makes the published anchors those of the lists that C2PA publishes, or of those at `from`. */
export async function updateTrust(
  from: string | undefined,
  purpose: TrustPurpose | undefined,
  flags: Flags,
): Promise<void> {
  const lists = await publishedLists(from, purpose)
  await withStore(flags, async (store) => {
    for (const update of await updatePublishedAnchors(worldOf(store), PLATFORM, lists)) print(updateLines(update))
  })
}

function updateLines({ purpose, before, after, added, removed }: PublishedListUpdate): string[] {
  const { bold, green, red } = paint(process.stdout)
  const nothing = added.length + removed.length === 0 ? ', nothing changed' : ''
  return [
    bold(`${TITLES[purpose]}: ${before} before, ${after} now${nothing}`),
    ...bySubject(added).map(({ subject }) => `  ${green('+')} ${plain(subject)}`),
    ...bySubject(removed).map(({ subject }) => `  ${red('-')} ${plain(subject)}`),
  ]
}

async function withStore(flags: Flags, work: (store: Store) => Promise<void>): Promise<void> {
  const store = await openPlatformStore(readConfig({ env: process.env, flags }))
  try {
    await work(store)
  } finally {
    await store.close()
  }
}

function worldOf(store: Store): { store: Store; now: () => Date } {
  return { store, now: () => new Date() }
}

function bySubject(anchors: readonly TrustAnchor[]): TrustAnchor[] {
  return [...anchors].sort((a, b) => a.subject.localeCompare(b.subject, 'en'))
}

function day(at: Date): string {
  return at.toISOString().slice(0, 10)
}

function print(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''))
}
