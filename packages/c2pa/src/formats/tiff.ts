/**
 * TIFF and what is built on it, DNG before all; the manifest store is the value of field 52545. C2PA 2.2 A.3.5. Versions of
 * the specification differ in which directory of the main chain has that field, so it is found in any.
 */
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'
import { type AssetFormat, type AssetLayout, type ByteRange, checkStoreLength, type Visit } from './asset-format.ts'
import { contentOf, MANIFEST_FIELD, TiffTree } from './tiff-content.ts'
import {
  malformedTiff,
  offsetWidth,
  type TiffDirectory,
  type TiffEntry,
  type TiffHeader,
  tiffHeader,
} from './tiff-directory.ts'
import { tiffEmbedding, UNDEFINED } from './tiff-embedding.ts'

const DNG_VERSION = 50706

export const tiff: AssetFormat = {
  name: 'TIFF',
  recognizes: (head) => (tiffHeader(head) ? 'image/tiff' : undefined),
  inspect,
  metadata,
}

function* inspect(source: Source): Walk<AssetLayout> {
  const header = yield* headerOf(source)
  const found: Found = { isDng: false, entries: [] }
  let damage = yield* errorOf(findStore(source, header, found))
  const [entry] = found.entries
  if (found.entries.length > 1)
    throw new C2paError('multiple_manifest_stores', 'The TIFF has two C2PA manifest stores.')
  const container = entry && containerOf(entry, header, source.length)
  damage ??= yield* errorOf(checkContent(source, header, container))
  if (damage && !container) throw damage
  const bytes = container && (source.peek(container.start, container.length) ?? (yield container))
  return {
    mediaType: found.isDng ? 'image/x-adobe-dng' : 'image/tiff',
    ...(container && bytes ? { manifestStore: { bytes: bytes.subarray(0, container.length), container } } : {}),
    ...(damage ? { damage } : {}),
    ...(found.last
      ? { embedding: tiffEmbedding(header, source.length, found.last, entry && container && { entry, container }) }
      : {}),
  }
}

function* headerOf(source: Source): Walk<TiffHeader> {
  const length = Math.min(16, source.length)
  const header = tiffHeader((source.peek(0, length) ?? (yield { start: 0, length })).subarray(0, length))
  if (!header) throw malformedTiff('it has no header')
  return header
}

type Found = { isDng: boolean; readonly entries: TiffEntry[]; last?: TiffDirectory }

function* findStore(source: Source, header: TiffHeader, found: Found): Walk<void> {
  yield* new TiffTree(source, header).pages((page) => {
    found.isDng ||= !found.last && page.entries.some(({ tag }) => tag === DNG_VERSION)
    found.entries.push(...page.entries.filter(({ tag }) => tag === MANIFEST_FIELD))
    found.last = page
  })
}

/** What a walk throws of what it reads. */
function* errorOf(walk: Walk<void>): Walk<C2paError | undefined> {
  try {
    yield* walk
    return undefined
  } catch (error) {
    if (error instanceof C2paError && error.code === 'malformed_asset' && !(error instanceof Intrusion)) return error
    throw error
  }
}

function containerOf(entry: TiffEntry, header: TiffHeader, assetLength: number): ByteRange {
  const { type, value } = entry
  if (type !== UNDEFINED || !value) throw malformedTiff(`its C2PA field is of type ${type}`)
  if (value.length <= offsetWidth(header)) throw malformedTiff(`its C2PA field has ${value.length} bytes`)
  if (value.start + value.length > assetLength) throw malformedTiff('its C2PA manifest store is not in the file')
  checkStoreLength(value.length)
  return value
}

/** The store is not hashed: a picture in there could be exchanged at will. */
class Intrusion extends C2paError {
  constructor(what: string) {
    super('malformed_asset', `The TIFF has ${what} in its C2PA manifest store.`)
  }
}

/** Throws where anything is not in the file, since it would be in the next manifest store, or is in that one. */
function* checkContent(source: Source, header: TiffHeader, container: ByteRange | undefined): Walk<void> {
  const tree = new TiffTree(source, header)
  const check = (range: ByteRange, what: string): void => {
    const { start, length } = range
    if (length === 0) return
    if (start + length > source.length) throw malformedTiff(`${what} at offset ${start} is not in the file`)
    if (container && start < container.start + container.length && start + length > container.start)
      throw new Intrusion(what)
  }
  check({ start: 0, length: header.isBig ? 16 : 8 }, 'its header')
  yield* tree.all((directory) => contentOf(tree, directory, check))
}

/** Fields of text about the picture: description, make, model, software, date, artist, computer, XMP, copyright, IPTC, Photoshop, Windows. */
const METADATA = [270, 271, 272, 305, 306, 315, 316, 700, 33432, 33723, 34377, 40091, 40092, 40093, 40094, 40095]
const MOST_RANGES = 10_000

/**
 * Also the count of the manifest store's field: C2PA 2.4 §18.5.5 has it left out, so that update manifests can follow.
 * Whether the store is as long as was stated, a data hash shows by its own range.
 */
function* metadata(source: Source, visit: Visit): Walk<void> {
  const header = yield* headerOf(source)
  const tree = new TiffTree(source, header)
  const ranges: ByteRange[] = []
  yield* errorOf(
    // biome-ignore lint/correctness/useYield: it reads nothing on its own
    tree.all(function* (directory, isExif) {
      for (const { tag, start, value } of directory.entries) {
        if (tag === MANIFEST_FIELD) ranges.push({ start: start + 4, length: offsetWidth(header) })
        else if (value && (isExif || METADATA.includes(tag)) && value.start + value.length <= source.length)
          ranges.push(value)
        if (ranges.length > MOST_RANGES) throw malformedTiff('it has too many fields')
      }
    }),
  )
  ranges.sort((a, b) => a.start - b.start)
  for (const range of ranges) if (!visit(range)) break
}
