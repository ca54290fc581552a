/** The quickstart folder: what the first start hands over, and `account.json`, whose being there says "ready". */
import { chmod, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Quickstart, QuickstartFacts } from './domain/first-start.ts'

/** The URLs of the three doors, as `account.json` names them. */
export type QuickstartUrls = {
  readonly base_url: string
  readonly clientauth_url: string
  readonly pki_url: string
}

/** The facts without URLs; `account.json` comes and goes, so they need a home of their own. */
const FACTS = '.facts.json'

/** The folder's path. */
export function quickstartFolder(dataFolder: string): string {
  return join(dataFolder, 'quickstart')
}

const draftFolder = (dataFolder: string): string => join(dataFolder, 'quickstart.new')

/** Says "not ready": before the ports are bound. */
export async function withdrawAccount(dataFolder: string): Promise<void> {
  await rm(join(quickstartFolder(dataFolder), 'account.json'), { force: true })
}

/** Puts everything beside the final place, on disk, before what it belongs to is committed. */
export async function draftQuickstart(dataFolder: string, quickstart: Quickstart, picture: Uint8Array): Promise<void> {
  const folder = draftFolder(dataFolder)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { mode: 0o700 })
  await chmod(folder, 0o700)
  await writePrivate(join(folder, 'client.p12'), quickstart.clientP12)
  await writePrivate(join(folder, 'cert.pem'), quickstart.certificate)
  await writePrivate(join(folder, 'key.pem'), quickstart.key)
  await writePrivate(join(folder, 'chain.pem'), quickstart.chain)
  await writePrivate(join(folder, 'signing-chain.pem'), quickstart.signingChain)
  await writePrivate(join(folder, 'picture.jpg'), picture)
  await writePrivate(join(folder, FACTS), json(quickstart.facts))
  await syncFolder(folder)
}

/**
 * Moves a draft to its place if what it belongs to was committed (`exists` asks by the account's id), else removes it.
 * Called after the first start's commit, and at each start for what a crash left.
 */
export async function settleQuickstart(
  dataFolder: string,
  exists: (accountId: string) => Promise<boolean>,
): Promise<void> {
  const draft = draftFolder(dataFolder)
  const facts = await readFacts(draft)
  if (facts && (await exists(facts.account_id))) {
    const folder = quickstartFolder(dataFolder)
    await rm(folder, { recursive: true, force: true })
    await rename(draft, folder)
    await syncFolder(dataFolder)
  } else await rm(draft, { recursive: true, force: true })
}

/** Says "ready": whole, by rename, and only where there is a quickstart. */
export async function publishAccount(
  dataFolder: string,
  urls: QuickstartUrls,
): Promise<(QuickstartUrls & QuickstartFacts) | undefined> {
  const folder = quickstartFolder(dataFolder)
  const facts = await readFacts(folder)
  if (!facts) return undefined
  const account = { ...urls, ...facts }
  await replaceFile(join(folder, 'account.json'), json(account))
  return account
}

/** Deletes the folder for good; false when there is none. */
export async function removeQuickstart(dataFolder: string): Promise<boolean> {
  const folders = [quickstartFolder(dataFolder), draftFolder(dataFolder)]
  const found = await Promise.all(folders.map((folder) => readdir(folder).catch(() => undefined)))
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
  return found.some((entries) => entries !== undefined)
}

/** Writes a file whole or not at all, for its owner only. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const draft = `${path}.${process.pid}.new`
  await writePrivate(draft, content)
  await rename(draft, path)
}

async function readFacts(folder: string): Promise<QuickstartFacts | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, FACTS), 'utf8')) as QuickstartFacts
  } catch {
    // Not there, or cut off by a crash: then nothing was committed after it.
    return undefined
  }
}

async function writePrivate(path: string, content: string | Uint8Array): Promise<void> {
  const handle = await open(path, 'w', 0o600)
  try {
    await handle.chmod(0o600)
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** So that a name survives a power cut; some file systems have no such thing. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
