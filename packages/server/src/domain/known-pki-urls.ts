import type { Repositories } from './store.ts'
import type { World } from './world.ts'

const SETTING = 'pki_urls'

/**
 * What certificates call the plain port, and have ever called it: parts of revocation lists have to say it in each
 * certificate's own words (RFC 5280 §6.3.3), and certificates outlive a change of COUNTERSIGN_PKI_URL.
 */
export async function knownPkiUrls({ store, pkiUrl }: Pick<World, 'store' | 'pkiUrl'>): Promise<readonly string[]> {
  return [...new Set([...(await remembered(store)), pkiUrl])]
}

/** Remembers what certificates call the plain port from now on; before any is issued. */
export async function rememberPkiUrl({ store, pkiUrl }: Pick<World, 'store' | 'pkiUrl'>): Promise<void> {
  if ((await remembered(store)).includes(pkiUrl)) return
  await store.transaction(async (repositories) => {
    await repositories.locks.take(SETTING)
    const known = await remembered(repositories)
    await repositories.settings.put(SETTING, JSON.stringify([...new Set([...known, pkiUrl])]))
  })
}

async function remembered({ settings }: Pick<Repositories, 'settings'>): Promise<readonly string[]> {
  return JSON.parse((await settings.find(SETTING)) ?? '[]') as readonly string[]
}
