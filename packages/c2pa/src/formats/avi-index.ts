/** The offsets that long AVI files have in their indexes, which count from the first byte. OpenDML AVI File Format Extensions 1.02. */
import type { Source, Walk } from './asset.ts'
import { CHUNK_HEADER, type Chunk, type ChunkVisit, eachChunk, malformed, uint32, uint64 } from './riff-chunks.ts'
import { FORM_HEADER, type Form } from './riff-form.ts'

/** A field of 64 bits at `at` with an offset in the file. */
export type FileOffset = { readonly at: number; readonly offset: number }

/** Longs an entry (2), subtype, type, entries in use (4), chunk (4), then 12 bytes. */
const INDEX_HEADER = 24
const OF_INDEXES = 0
const OF_CHUNKS = 1
/** Offset (8), length (4), duration (4). */
const ENTRY = 16
/** Each is for half a gigabyte or more. */
const MOST_ENTRIES = 10_000

/** All of them, in order: of the streams' super indexes, and of the indexes that those are of. */
export function* fileOffsets(source: Source, form: Form): Walk<readonly FileOffset[]> {
  const found: FileOffset[] = []
  const inStream = function* ({ name, data }: Chunk): Walk<boolean> {
    if (name === 'indx') yield* inIndex(source, data.start, data.length, found)
    return true
  }
  const inList = (type: string, visit: ChunkVisit) =>
    function* ({ name, isList, data }: Chunk): Walk<boolean> {
      if (name === type && isList) yield* eachChunk(source, data.start, data.start + data.length, visit)
      return true
    }
  yield* eachChunk(source, FORM_HEADER, form.end, inList('hdrl', inList('strl', inStream)))
  found.sort((one, other) => one.at - other.at)
  if (found.some(({ at }, index) => at < (found[index - 1]?.at ?? -8) + 8)) throw malformed('its indexes overlap')
  return found
}

function* inIndex(source: Source, start: number, length: number, found: FileOffset[]): Walk<void> {
  if (length < INDEX_HEADER) throw malformed(`its index at offset ${start} is none`)
  const header = source.peek(start, INDEX_HEADER) ?? (yield { start, length: INDEX_HEADER })
  const type = header[3]
  const count = uint32(header, 4)
  if (type === OF_CHUNKS) found.push({ at: start + 12, offset: uint64(header, 12) })
  if (type !== OF_INDEXES) return
  if (count > MOST_ENTRIES - found.length || INDEX_HEADER + count * ENTRY > length)
    throw malformed(`its index at offset ${start} has more entries than bytes`)
  const entries = (
    source.peek(start, INDEX_HEADER + count * ENTRY) ?? (yield { start, length: INDEX_HEADER + count * ENTRY })
  ).slice(INDEX_HEADER, INDEX_HEADER + count * ENTRY)
  for (let at = 0; at < entries.length; at += ENTRY) {
    const offset = uint64(entries, at)
    found.push({ at: start + INDEX_HEADER + at, offset })
    yield* inIndexOfChunks(source, offset, found)
  }
}

/** The index of chunks that a super index names; they are no deeper. */
function* inIndexOfChunks(source: Source, start: number, found: FileOffset[]): Walk<void> {
  const least = CHUNK_HEADER + INDEX_HEADER
  if (!(start + least <= source.length)) throw malformed(`its index at offset ${start} is none`)
  const bytes = source.peek(start, least) ?? (yield { start, length: least })
  if (bytes[CHUNK_HEADER + 3] !== OF_CHUNKS) throw malformed(`its index at offset ${start} is none of chunks`)
  found.push({ at: start + CHUNK_HEADER + 12, offset: uint64(bytes, CHUNK_HEADER + 12) })
}
