/** MP3 and FLAC: both have the manifest store in an ID3v2 tag before everything else. C2PA 2.2 A.3.4. */
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'
import {
  type AssetFormat,
  type AssetLayout,
  type Embedding,
  lengthOfParts,
  type MediaType,
  type Visit,
} from './asset-format.ts'
import { checkFlac, flacComments, isFlac } from './flac.ts'
import { ID3_HEADER, type Id3Content, type Id3Tag, id3Content, id3Front, id3Metadata, id3Tag } from './id3.ts'
import { startsMpegAudio } from './mpeg-audio.ts'

export const mp3: AssetFormat = {
  name: 'MP3',
  // What follows a longer tag than these bytes show, only the file tells.
  recognizes: (head) => (id3Tag(head) || startsMpegAudio(head, 0, true) ? 'audio/mpeg' : undefined),
  inspect,
  metadata,
}

export const flac: AssetFormat = {
  name: 'FLAC',
  recognizes: (head) => (isFlac(head, id3Tag(head)?.end ?? 0) ? 'audio/flac' : undefined),
  inspect,
  metadata,
}

function* inspect(source: Source): Walk<AssetLayout> {
  const tag = yield* tagOf(source)
  const content = tag ? yield* id3Content(source, tag) : { kept: [], metadata: [] }
  const audio = yield* audioAt(source, tag?.end ?? 0)
  const { manifestStore } = content
  if (audio.damage && !manifestStore) throw audio.damage
  return {
    mediaType: audio.mediaType,
    ...(manifestStore ? { manifestStore } : {}),
    ...(audio.damage ? { damage: audio.damage } : {}),
    embedding: embeddingOf(source.length, tag, content),
  }
}

function* tagOf(source: Source): Walk<Id3Tag | undefined> {
  const length = Math.min(ID3_HEADER, source.length)
  return id3Tag((source.peek(0, length) ?? (yield { start: 0, length })).subarray(0, length))
}

function embeddingOf(assetLength: number, tag: Id3Tag | undefined, { kept }: Id3Content): Embedding {
  // The version that the specification cites.
  const version = tag?.version ?? 3
  const keptLength = lengthOfParts(kept)
  const end = tag?.end ?? 0
  const after = [{ start: end, length: assetLength - end }]
  const before = (storeLength: number) => id3Front(version, kept, keptLength, storeLength)
  return {
    position: lengthOfParts(before(0)),
    containerLength(storeLength) {
      before(storeLength)
      return storeLength
    },
    surroundings: (containerLength) => ({ before: before(containerLength), after }),
    writeContainer: (target, at, store) => target.set(store, at),
  }
}

/** How far behind a tag the first frame is looked for: some leave room, and some begin in the midst of a frame. */
const FARTHEST = 65_536

type Audio = { readonly mediaType: MediaType; readonly damage?: C2paError }

function* audioAt(source: Source, start: number): Walk<Audio> {
  const length = Math.min(FARTHEST, source.length - start)
  const bytes = (source.peek(start, length) ?? (yield { start, length })).subarray(0, length)
  if (isFlac(bytes, 0)) {
    const damage = yield* checkFlac(source, start)
    return { mediaType: 'audio/flac', ...(damage ? { damage } : {}) }
  }
  const isAll = start + length === source.length
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1))
    if (startsMpegAudio(bytes, at, isAll)) return { mediaType: 'audio/mpeg' }
  const damage = new C2paError('malformed_asset', 'The MP3 is damaged: it has no frames of MPEG audio.')
  return { mediaType: 'audio/mpeg', damage }
}

function* metadata(source: Source, visit: Visit): Walk<void> {
  const tag = yield* tagOf(source)
  try {
    if (tag && !(yield* id3Metadata(source, tag, visit))) return
  } catch (error) {
    if (!(error instanceof C2paError)) throw error
    return
  }
  yield* flacComments(source, tag?.end ?? 0, visit)
}
