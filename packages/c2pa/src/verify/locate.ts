/** Locating the active manifest. C2PA 2.2 §15.5. */
import { PkiError } from '@countersign/pki'
import { C2paError } from '../c2pa-error.ts'
import { type Asset, walk } from '../formats/asset.ts'
import { type AssetFormat, checkStoreLength, type MediaType } from '../formats/asset-format.ts'
import { STORE_LABEL } from '../manifest/labels.ts'
import { decodeManifestStore, type ManifestStore } from '../manifest/store.ts'
import { type Finding, finding } from '../report/finding.ts'
import type { Fetchers } from './fetchers.ts'
import { remoteManifestUrl } from './remote-manifest.ts'
import type { Verification } from './verification.ts'

/** Where a store is spoken of. */
export const STORE_URI: string = `self#jumbf=/${STORE_LABEL}`

/** Where a store may be that the asset does not hold. */
export type Elsewhere = { readonly manifestStore: Uint8Array | undefined; readonly fetchers: Fetchers }

export type Located = Pick<Verification, 'store' | 'container' | 'format'> & { readonly mediaType: MediaType }

/** The store embedded in the asset; else the one handed over beside it; else the one that its XMP names. Or why there is none to verify. */
export async function locateManifestStore(
  asset: Asset,
  format: AssetFormat | undefined,
  { manifestStore, fetchers }: Elsewhere,
): Promise<Located | Finding> {
  if (!format) return finding('general.error', STORE_URI, 'the asset is of no format that is known here')
  let mediaType: MediaType
  try {
    const layout = await walk(asset, format.inspect)
    mediaType = layout.mediaType
    if (layout.manifestStore) {
      const store = decodeManifestStore(layout.manifestStore.bytes)
      if (store.box.description.label === STORE_LABEL)
        return { store, container: layout.manifestStore.container, format, mediaType }
    }
  } catch (error) {
    if (!(error instanceof C2paError) || isUnreadable(error)) throw error
    // Several stores are as none (§15.5.2.1).
    const code = error.code === 'multiple_manifest_stores' ? 'claim.missing' : 'general.error'
    return finding(code, STORE_URI, error.message)
  }
  const beside = { container: undefined, format, mediaType }
  if (manifestStore) {
    const store = storeOf(manifestStore)
    return typeof store === 'string' ? finding('general.error', STORE_URI, store) : { ...beside, store }
  }
  const url = await walk(asset, (source) => remoteManifestUrl(format, mediaType, source))
  if (url === undefined) return finding('claim.missing', STORE_URI, 'there is no manifest store')
  const store = await remoteStore(url, fetchers)
  return typeof store === 'string' ? finding('manifest.inaccessible', STORE_URI, store) : { ...beside, store }
}

/** Nothing is known of the asset then, and nothing said: its bytes are not to be had, or no cryptography is. */
export function isUnreadable(error: unknown): boolean {
  const isLost = error instanceof C2paError && error.code === 'unreadable_asset'
  return isLost || (error instanceof PkiError && error.code === 'unavailable')
}

/** §15.5.3.1. */
async function remoteStore(url: string, fetchers: Fetchers): Promise<ManifestStore | string> {
  if (!fetchers.manifestStore) return `the remote manifest was not fetched: ${url}`
  let bytes: Uint8Array
  try {
    bytes = await fetchers.manifestStore(url)
  } catch {
    return `the remote manifest could not be fetched: ${url}`
  }
  const store = storeOf(bytes)
  return typeof store === 'string' ? `what is at ${url} is no manifest store: ${store}` : store
}

/** A store that comes alone, or what is wrong with it. */
function storeOf(bytes: Uint8Array): ManifestStore | string {
  try {
    checkStoreLength(bytes.length)
    const store = decodeManifestStore(bytes)
    return store.box.description.label === STORE_LABEL ? store : 'its label is another'
  } catch (error) {
    if (error instanceof C2paError) return error.message
    throw error
  }
}
