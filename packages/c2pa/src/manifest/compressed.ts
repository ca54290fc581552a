/** Reading compressed manifests. C2PA 2.2 §11.1.3.2, §11.2.4 and §15.5.4. */
import { C2paError } from '../c2pa-error.ts'
import { type BrotliBudget, brotliBudget, decompressBrotli } from '../compression/brotli.ts'
import { BrotliError } from '../compression/prefix-code.ts'
import { contentOf, decodeSuperbox, type Superbox, type SuperboxBudget, superboxBudget } from '../jumbf/superbox.ts'
import { compressedManifest, type Manifest, type ManifestStore } from './store.ts'

/** Of all compressed manifests of a store together: a few bytes can stand for any number of them. */
const MOST_BYTES = 16 * 1024 * 1024
/** So much they may always be; above it, real ones are not a tenth as dense. */
const ANY_DENSITY = 2 * 1024 * 1024
const DENSEST = 64
/** More are not looked at when ingredients are followed. */
const MOST_MANIFESTS = 256

/** The store with its compressed manifests decompressed; those that can't be stay of the kind `compressed`. */
export async function decompressed(store: ManifestStore): Promise<ManifestStore> {
  const compressed = store.manifests.filter(({ kind }) => kind === 'compressed').slice(-MOST_MANIFESTS)
  if (compressed.length === 0) return store
  const length = compressed.reduce((total, { box }) => total + box.payload.length, 0)
  const most = Math.min(MOST_BYTES, Math.max(ANY_DENSITY, DENSEST * length))
  const budget = { ...brotliBudget(most), boxes: superboxBudget().boxes, items: store.box.items }
  const contents = new Map<Superbox, Superbox>()
  const read = new Map<Manifest, Manifest>()
  // From the active one down, so that what others have filled in below it does not keep it from being read.
  for (const manifest of compressed.reverse()) {
    const content = await contentOfCompressed(manifest.box, budget)
    const inner = content && compressedManifest(manifest.box, content)
    if (!content || !inner) continue
    contents.set(manifest.box, content)
    read.set(manifest, inner)
  }
  const manifests = store.manifests.map((manifest) => read.get(manifest) ?? manifest)
  return { ...store, manifests, decompressed: contents }
}

async function contentOfCompressed(
  box: Superbox,
  budget: BrotliBudget & SuperboxBudget,
): Promise<Superbox | undefined> {
  const bytes = contentOf(box, 'brob')
  if (!bytes || box.boxes.length !== 1) return undefined
  try {
    return decodeSuperbox(await decompressBrotli(bytes, budget), budget)
  } catch (error) {
    // The specification has one code for all that may be wrong.
    if (error instanceof BrotliError || error instanceof C2paError) return undefined
    throw error
  }
}
