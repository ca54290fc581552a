/** Builds everything once, by hand, top to bottom: ports, store, keys, first start, jobs, doors; then it is ready. */
import type { Logger } from 'pino'
import { bindPorts } from './bound-ports.ts'
import type { Config } from './config.ts'
import type { QuickstartFacts } from './domain/first-start.ts'
import type { Node } from './node.ts'
import { makeDataFolder, openConfiguredStore, openWorld, prepareWorld, rootFile } from './platform.ts'
import { publishAccount, quickstartFolder, withdrawAccount } from './quickstart-folder.ts'
import { type ServerUrls, serverUrls } from './server-urls.ts'
import { StartError } from './start-error.ts'
import { type FolderLock, lockFolder } from './store/folder-lock.ts'
import { VERSION } from './version.ts'
import { startWorkers } from './workers.ts'

/** A platform that is ready. */
export type RunningServer = {
  readonly version: string
  readonly urls: ServerUrls
  /** Where it can be reached on this machine, as curl's --resolve wants it. */
  readonly address: string
  readonly rootFile: string
  readonly quickstartFolder: string
  /** The quickstart's account, as long as its folder is there. */
  readonly account: QuickstartFacts | undefined
  /** Whether this start made everything. */
  readonly isFirstStart: boolean
  /** Answers what runs, then stops. */
  stop(): Promise<void>
}

export type StartOptions = { readonly log: Logger; readonly now?: () => Date }

/** Starts the platform, and resolves once it is ready. */
export async function startServer(
  config: Config,
  { log, now = () => new Date() }: StartOptions,
): Promise<RunningServer> {
  const { dataFolder } = config
  await makeDataFolder(dataFolder)
  const lock = takeFolder(dataFolder)
  try {
    return await startOnFolder(config, { log, now }, lock)
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Before anything of a platform that runs there is touched: its `account.json` says that it is ready. */
function takeFolder(dataFolder: string): FolderLock {
  const lock = lockFolder(dataFolder)
  if (!lock) throw new StartError(`Another Countersign runs on the data folder ${dataFolder}: stop it first.`)
  return lock
}

async function startOnFolder(
  config: Config,
  { log, now }: Required<StartOptions>,
  lock: FolderLock,
): Promise<RunningServer> {
  const { dataFolder } = config
  await withdrawAccount(dataFolder)
  const ports = await bindPorts(config)
  const bound = { ...config, port: ports.tls.port, pkiPort: ports.pki.port }
  const urls = serverUrls(config, bound)
  let node: Node
  let isFirstStart: boolean
  try {
    const store = await openConfiguredStore(config, (error) =>
      log.warn({ err: error }, 'a database connection was lost'),
    )
    try {
      // Revocations before there are jobs find their way into the lists at the jobs' first look.
      let revoked = (_authorityId: string): void => undefined
      const onRevocation = (authorityId: string): void => revoked(authorityId)
      const world = await openWorld(config, { store, pkiUrl: urls.pkiUrl, now, onRevocation })
      isFirstStart = await prepareWorld(world, config)
      if (config.workers > 1) {
        await store.close()
        await ports.release()
        node = await startWorkers(bound, urls, log)
      } else {
        // Only who serves waits for all that it takes: the other commands of the command line don't.
        const { startNode } = await import('./node.ts')
        const single = await startNode({ config, urls, world, ports, log })
        revoked = single.revoked
        node = single
      }
    } catch (error) {
      await store.close()
      throw error
    }
  } catch (error) {
    await ports.release()
    throw error
  }
  const account = await publishAccount(dataFolder, {
    base_url: urls.publicUrl,
    clientauth_url: urls.clientAuthUrl,
    pki_url: urls.pkiUrl,
  })
  log.info({ ...urls, version: VERSION, workers: config.workers }, 'ready')
  return {
    version: VERSION,
    urls,
    address: reachable(config.host),
    rootFile: rootFile(dataFolder),
    quickstartFolder: quickstartFolder(dataFolder),
    account,
    isFirstStart,
    async stop() {
      await node.stop()
      lock.release()
      log.info('stopped')
    },
  }
}

function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (/^[0:]+$/.test(host)) return '[::1]'
  if (host === 'localhost') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
