/** Carrying the manifest store that an asset came with. C2PA 2.2 §10.3.3, §11.1.4. */
import type { ContentHashAlgorithm } from '../assertions/assertion.ts'
import type { Parent } from '../assertions/ingredient.ts'
import { C2paError } from '../c2pa-error.ts'
import { cborField, decodeCbor } from '../cbor.ts'
import { decodeCoseSign1 } from '../cose/sign1.ts'
import type { Asset } from '../formats/asset.ts'
import type { AssetLayout } from '../formats/asset-format.ts'
import { isSuperbox } from '../jumbf/superbox.ts'
import { decompressed } from '../manifest/compressed.ts'
import { activeManifest, decodeManifestStore, type Manifest, type ManifestStore } from '../manifest/store.ts'
import type { Report } from '../report/report.ts'

/** What becomes of the store that the asset had. */
export type CarriedStore = {
  /** The boxes of the old store, byte for byte; none when it can't be read. */
  readonly boxes: readonly Uint8Array[]
  readonly provenance: NonNullable<Parent['provenance']>
}

/**
 * Failures of a manifest that no reader makes sense of. Whoever carries it makes the new manifest unreadable too, so
 * the ingredient tells what was found, and the old store stays behind.
 */
const UNREADABLE: ReadonlySet<string> = new Set([
  'algorithm.unsupported',
  'assertion.cbor.invalid',
  'assertion.ingredient.malformed',
  'assertion.json.invalid',
  'claim.cbor.invalid',
  'claim.malformed',
  'claim.missing',
  'claim.multiple',
  'claimSignature.missing',
  'general.error',
  'ingredient.claimSignature.missing',
])

/** The store of the asset, verified; undefined when it has none. Throws C2paError for one that is no JUMBF. */
export async function carriedStore(
  asset: Asset,
  layout: AssetLayout,
  verifyParent: (asset: Asset) => Promise<Report>,
): Promise<CarriedStore | undefined> {
  if (!layout.manifestStore) return undefined
  const store = await decompressed(decodeManifestStore(layout.manifestStore.bytes))
  const report = await verifyParent(asset)
  const manifest = activeManifest(store)
  const [signature] = manifest?.signatures ?? []
  if (
    !manifest ||
    !signature ||
    !isCoseSign1(signature.bytes) ||
    [report, ...report.ingredientDeltas].some(({ findings }) => findings.some(({ code }) => UNREADABLE.has(code)))
  )
    return { boxes: [], provenance: { report } }
  const algorithm = hashAlgorithmOf(manifest)
  return {
    boxes: boxesOf(store),
    provenance: { report, carried: { manifest, signature: signature.box, ...(algorithm ? { algorithm } : {}) } },
  }
}

function boxesOf(store: ManifestStore): Uint8Array[] {
  const boxes = new Map<string, Uint8Array>()
  for (const box of store.box.boxes) {
    const label = isSuperbox(box) ? box.description.label : undefined
    if (label === undefined) continue
    if (boxes.has(label))
      throw new C2paError('malformed_manifest', "Two manifests of the asset's store have one label.")
    boxes.set(label, box.bytes)
  }
  return [...boxes.values()]
}

/** The claim's own: c2pa-rs hashes an ingredient's manifest by that, whatever the reference to it says. */
function hashAlgorithmOf({ claims }: Manifest): ContentHashAlgorithm | undefined {
  const [claim] = claims
  const name = claim && cborField(decodeCbor(claim.bytes), 'alg')
  return name === 'sha256' || name === 'sha384' || name === 'sha512' ? name : undefined
}

function isCoseSign1(bytes: Uint8Array): boolean {
  try {
    decodeCoseSign1(bytes)
    return true
  } catch (error) {
    if (error instanceof C2paError) return false
    throw error
  }
}
