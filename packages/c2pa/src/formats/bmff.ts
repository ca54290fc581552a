/**
 * ISO base media files, ISO/IEC 14496-12: HEIC, HEIF and AVIF images, MP4, QuickTime and M4A. The manifest store stands in a `uuid` box.
 * C2PA 2.2 A.5.
 */
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'
import { type AssetFormat, type AssetLayout, HEAD_LENGTH } from './asset-format.ts'
import {
  type BmffBox,
  type BoxBudget,
  boxAt,
  boxBudget,
  bytesAt,
  malformedBmff,
  type ProvenanceBox,
  provenanceBox,
  rootBudget,
} from './bmff-box.ts'
import { bmffMediaType } from './bmff-brand.ts'
import { type BmffStructure, bmffEmbedding } from './bmff-embedding.ts'
import { bmffMetadata } from './bmff-metadata.ts'
import { offsetTables } from './bmff-offsets.ts'
import { joinedStores, storeIn } from './bmff-store.ts'

export const bmff: AssetFormat = {
  name: 'HEIC, HEIF, AVIF, MP4, MOV, M4A',
  recognizes: bmffMediaType,
  inspect,
  metadata: bmffMetadata,
}

function* inspect(source: Source): Walk<AssetLayout> {
  const structure: BmffStructure = { brandLength: 0, boxes: [], tables: [] }
  const damage = (yield* fromBoxToBox(source, structure)) ?? unmatched(structure)
  const { store, updates } = structure
  if (damage && !store) throw damage
  const head = yield* bytesAt(source, 0, Math.min(HEAD_LENGTH, source.length))
  return {
    mediaType: bmffMediaType(head) ?? 'video/mp4',
    ...(store ? { manifestStore: yield* storeOf(source, store, updates) } : {}),
    ...(damage ? { damage } : {}),
    embedding: bmffEmbedding(source.length, structure),
  }
}

/** Up to the end of the file. The first wrong thing is given back; only what is no box ends the walk. */
function* fromBoxToBox(source: Source, structure: BmffStructure): Walk<C2paError | undefined> {
  const [level, budget] = [rootBudget(), boxBudget()]
  let damage: C2paError | undefined
  for (let position = 0; position < source.length; ) {
    const box = yield* boxAt(source, position, source.length, level)
    if (!box) return damage ?? malformedBmff(`there is no whole box at offset ${position}`)
    const provenance = box.type === 'uuid' ? yield* provenanceBox(source, box) : undefined
    if (position === 0 && box.type === 'ftyp') structure.brandLength = ended(box)
    else if (provenance) addProvenance(structure, provenance)
    else {
      structure.boxes.push(box)
      const wrong = yield* addTables(source, box, budget, structure)
      damage ??= wrong
    }
    position = box.end
  }
  if (structure.boxes.some(({ type }) => type === 'moov' || type === 'meta')) return damage
  return damage ?? malformedBmff('it has neither a moov nor a meta box, which tell what is in it')
}

function ended(box: BmffBox): number {
  if (box.isOpen) throw malformedBmff('its ftyp box has no end')
  return box.end
}

function addProvenance(structure: BmffStructure, provenance: ProvenanceBox): void {
  const { purpose } = provenance
  if (purpose === 'merkle') structure.firstMerkle ??= provenance
  const place =
    purpose === 'update' ? 'updates' : purpose === 'manifest' || purpose === 'original' ? 'store' : undefined
  if (!place) return
  if (structure[place]) throw new C2paError('multiple_manifest_stores', 'The file has two C2PA manifest stores.')
  structure[place] = provenance
}

/** Gives what is wrong with the tables of that box. */
function* addTables(
  source: Source,
  box: BmffBox,
  budget: BoxBudget,
  { tables }: BmffStructure,
): Walk<C2paError | undefined> {
  try {
    for (const table of yield* offsetTables(source, box, budget)) tables.push(table)
    return undefined
  } catch (error) {
    if (error instanceof C2paError) return error
    throw error
  }
}

/** `original` says that there are updates. C2PA 2.2 A.5.3. */
function unmatched({ store, updates }: BmffStructure): C2paError | undefined {
  if ((store?.purpose === 'original') === (updates !== undefined)) return undefined
  const what = updates
    ? 'updates of a manifest store, but no original'
    : 'an original manifest store, but no updates of it'
  return malformedBmff(`it has ${what}`)
}

function* storeOf(
  source: Source,
  store: ProvenanceBox,
  updates: ProvenanceBox | undefined,
): Walk<NonNullable<AssetLayout['manifestStore']>> {
  const { start, end } = store.box
  const bytes = yield* storeIn(source, store)
  const container = { start, length: end - start }
  return { bytes: updates ? joinedStores(bytes, yield* storeIn(source, updates)) : bytes, container }
}
