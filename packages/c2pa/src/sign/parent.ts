/** Carrying the manifest store that an asset came with. C2PA 2.2 §10.3.3, §11.1.4. */
import type { Parent } from '../assertions/ingredient.ts'
import { C2paError } from '../c2pa-error.ts'
import type { AssetLayout } from '../formats/asset-format.ts'
import { isSuperbox } from '../jumbf/superbox.ts'
import { activeManifest, decodeManifestStore } from '../manifest/store.ts'
import type { Report } from '../report/report.ts'

export type CarriedStore = {
  /** The boxes of the old store, byte for byte. */
  readonly boxes: readonly Uint8Array[]
  readonly provenance: NonNullable<Parent['provenance']>
}

/** The store of the asset, verified; undefined when it has none. Throws C2paError for one that can't be read. */
export async function carriedStore(
  asset: Uint8Array,
  layout: AssetLayout,
  verifyParent: (asset: Uint8Array) => Promise<Report>,
): Promise<CarriedStore | undefined> {
  if (!layout.manifestStore) return undefined
  const store = decodeManifestStore(layout.manifestStore.bytes)
  const manifest = activeManifest(store)
  if (!manifest) throw new C2paError('malformed_manifest', "The asset's manifest store has no manifest.")
  const boxes = new Map<string, Uint8Array>()
  for (const box of store.box.boxes) {
    const label = isSuperbox(box) ? box.description.label : undefined
    if (label === undefined) continue
    if (boxes.has(label))
      throw new C2paError('malformed_manifest', "Two manifests of the asset's store have one label.")
    boxes.set(label, box.bytes)
  }
  return { boxes: [...boxes.values()], provenance: { manifest, report: await verifyParent(asset) } }
}
