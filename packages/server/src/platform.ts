/** The platform without its doors: store, keys, and what has to be there before anything can be answered. */
import { access, constants, mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { encodePem } from '@countersign/codec'
import type { Config } from './config.ts'
import { failInterrupted } from './domain/fail-interrupted.ts'
import { firstStart } from './domain/first-start.ts'
import { emptyKeyPools } from './domain/key-pool.ts'
import { rememberPkiUrl } from './domain/known-pki-urls.ts'
import { publishDueRevocationLists } from './domain/revocation-list.ts'
import { renewServiceCertificates } from './domain/service-identity.ts'
import type { Store } from './domain/store.ts'
import { tellingWebhooks } from './domain/tell-webhooks.ts'
import type { World } from './domain/world.ts'
import { KeyError } from './keys/key-error.ts'
import { createKeys } from './keys/keys.ts'
import { openMasterKey } from './keys/master-key.ts'
import { createPasswords, hashPassword } from './keys/password-hash.ts'
import { draftQuickstart, replaceFile, settleQuickstart } from './quickstart-folder.ts'
import { tlsNames } from './server-urls.ts'
import { StartError } from './start-error.ts'
import { NoSchemaError } from './store/migrate.ts'
import { openStore } from './store/open-store.ts'

/** The file of the root in the data folder: what clients trust. */
export function rootFile(dataFolder: string): string {
  return join(dataFolder, 'ca.pem')
}

/** The data folder, for its owner only. */
export async function makeDataFolder(dataFolder: string): Promise<void> {
  try {
    await makeFolders(dataFolder)
    await access(dataFolder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new StartError(
      `The data folder ${dataFolder} can't be made or written to (${(cause as NodeJS.ErrnoException).code}): set COUNTERSIGN_DATA to one that can.`,
      { cause },
    )
  }
}

/** Node's own recursive mkdir never ends where a folder says that it is there and yet takes no entry, as /proc does. */
async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const parent = dirname(path)
    if (code === 'ENOENT' && parent !== path && !(await isThere(parent))) {
      await makeFolders(parent)
      await makeFolders(path)
    } else if (code !== 'EEXIST') throw error
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** The store that the configuration names. `onError` is told of connections lost while nobody used them. */
export async function openConfiguredStore(
  { databaseUrl, dataFolder }: Config,
  onError: (error: Error) => void = () => undefined,
  mayBeEmpty = true,
): Promise<Store> {
  const place = databaseUrl ? { url: databaseUrl, onError } : { file: databaseFile(dataFolder) }
  try {
    return await openStore(place, mayBeEmpty)
  } catch (cause) {
    const what = databaseUrl ? `at ${new URL(databaseUrl).host} (COUNTERSIGN_DATABASE_URL)` : `in ${dataFolder}`
    const { message, code } = cause as NodeJS.ErrnoException
    throw new StartError(`The database ${what} can't be opened: ${message || code}`, { cause })
  }
}

/** The store of a platform that has had its first start. Where there is none, nothing is made. */
export async function openPlatformStore(config: Config): Promise<Store> {
  if (!config.databaseUrl && !(await hasContent(databaseFile(config.dataFolder)))) throw noPlatform(config)
  const store = await openConfiguredStore(config, undefined, false).catch((error: Error) => {
    throw error.cause instanceof NoSchemaError ? noPlatform(config) : error
  })
  if (await store.authorities.findByPurpose('root')) return store
  await store.close()
  throw noPlatform(config)
}

function databaseFile(dataFolder: string): string {
  return join(dataFolder, 'countersign.db')
}

/** What can't be looked at is left to who opens it, and says why it can't. */
async function hasContent(file: string): Promise<boolean> {
  return stat(file).then(
    ({ size }) => size > 0,
    ({ code }: NodeJS.ErrnoException) => code !== 'ENOENT' && code !== 'ENOTDIR',
  )
}

function noPlatform({ databaseUrl, dataFolder }: Config): StartError {
  return new StartError(
    databaseUrl
      ? `There is no platform in the database at ${new URL(databaseUrl).host}: set COUNTERSIGN_DATABASE_URL to the one that has it.`
      : `There is no platform in ${dataFolder}: name its data folder by --data or COUNTERSIGN_DATA.`,
  )
}

export type WorldOptions = {
  readonly store: Store
  readonly pkiUrl: string
  readonly now: () => Date
  readonly onRevocation: (authorityId: string) => void
}

/** What the rules need, with keys under the right master key. */
export async function openWorld(config: Config, { store, pkiUrl, now, onRevocation }: WorldOptions): Promise<World> {
  const root = await store.authorities.findByPurpose('root')
  const masterKey = await openMasterKey({
    given: config.masterKey,
    dataFolder: config.dataFolder,
    mayCreate: root === undefined,
  })
  const keys = createKeys({ masterKey, now })
  const rootKey = root && (await store.privateKeys.find(root.keyId))
  try {
    if (rootKey) keys.check(rootKey)
  } catch (cause) {
    if (!(cause instanceof KeyError)) throw cause
    const source = config.masterKey ? 'COUNTERSIGN_MASTER_KEY' : `master.key in ${config.dataFolder}`
    throw new StartError(`${source} is not the key under which this database's keys were wrapped: put that one back.`, {
      cause,
    })
  }
  return { store: tellingWebhooks(store), keys, passwords: createPasswords(), now, pkiUrl, onRevocation }
}

const BUSY_MS = 250
const PATIENCE_MS = 60_000

/** Makes what is missing: everything at the first start of all, what has ended at others. Whether it was the first. */
export async function prepareWorld(world: World, config: Config): Promise<boolean> {
  const { dataFolder } = config
  const exists = async (accountId: string): Promise<boolean> =>
    (await world.store.accounts.find(accountId)) !== undefined
  await settleQuickstart(dataFolder, exists)
  const isFirst = await startFirst(world, config)
  if (isFirst) await settleQuickstart(dataFolder, exists)
  const root = await world.store.authorities.findByPurpose('root')
  if (!root) throw new Error('the first start made no root')
  await replaceFile(rootFile(dataFolder), encodePem('CERTIFICATE', root.certificate))
  await emptyKeyPools(world)
  await failInterrupted(world)
  await rememberPkiUrl(world)
  await renewServiceCertificates(world, tlsNames(config))
  await publishDueRevocationLists(world)
  return isFirst
}

async function startFirst(world: World, config: Config): Promise<boolean> {
  for (let waited = 0; waited < PATIENCE_MS; waited += BUSY_MS) {
    const outcome = await firstStart(world, {
      domain: config.domain,
      tlsNames: tlsNames(config),
      hashPassword,
      deliver: async (quickstart) => {
        // Loaded once in a platform's life.
        const { quickstartPicture } = await import('./quickstart-picture.ts')
        await draftQuickstart(config.dataFolder, quickstart, await quickstartPicture())
      },
    })
    if (outcome !== 'busy') return outcome === 'made'
    await delay(BUSY_MS)
  }
  throw new StartError('Another node has been making the first start for a minute: look at its log.')
}
