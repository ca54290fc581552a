/** The objects of a PDF, found by its cross-reference sections: each incremental update adds one. ISO 32000-2 §7.5. */
import { latin1Text } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'
import type { ByteRange } from './asset-format.ts'
import { inflate } from './inflate.ts'
import { unpredicted } from './pdf-predictor.ts'
import {
  CutShort,
  isDictionary,
  isName,
  isReference,
  type PdfDictionary,
  type PdfObject,
  PdfReader,
  type PdfReference,
  type PdfValue,
  type ValueBudget,
} from './pdf-value.ts'

/** Bounds on what one PDF makes us do. */
const MOST_SECTIONS = 1000
const MOST_SUBSECTIONS = 20_000
const MOST_OBJECTS = 5000
const MOST_COMPRESSED_OBJECTS = 500_000
const MOST_LOOKUPS = 20_000_000
const MOST_VALUES = 200_000
const LONGEST_OBJECT = 1 << 20
const MOST_COMPRESSED = 4 << 20
const MOST_DECOMPRESSED = 16 << 20

/** How far from its end a PDF says where its cross-reference section is. */
const END_LENGTH = 2048

/** Where an object stands. */
type Place =
  | { readonly kind: 'free' }
  | { readonly kind: 'plain'; readonly offset: number; readonly generation: number }
  | { readonly kind: 'compressed'; readonly stream: number }

/** A run of numbers; `at` is where their entries begin. */
type Subsection = { readonly first: number; readonly count: number; readonly at: number }

type Section = {
  readonly trailer: PdfDictionary
  readonly subsections: readonly Subsection[]
  /** Of a section that is a stream: its entries, and how long their fields are; those of a table stand in the file. */
  readonly entries?: { readonly bytes: Uint8Array; readonly widths: readonly [number, number, number] }
  /** The stream beside a table, with what those who know no such streams shall not see. §7.5.8.4. */
  readonly hybrid?: Section
}

export type PdfStream = { readonly dictionary: PdfDictionary; readonly data: ByteRange }

/** A PDF as it is after its last update; `revisions` has it as it was before each, the newest first. */
export class PdfDocument {
  readonly sections: readonly Section[]
  readonly #source: Source
  readonly #work: Work
  /** By their offsets. */
  readonly #objects = new Map<number, PdfObject>()
  readonly #objectStreams = new Map<number, ObjectStream>()

  constructor(source: Source, sections: readonly Section[], work: Work) {
    this.#source = source
    this.sections = sections
    this.#work = work
  }

  get isEncrypted(): boolean {
    return this.sections[0]?.trailer.has('Encrypt') ?? false
  }

  /** What a value is, wherever it stands, as of a revision; null for what is not there (§7.3.10). */
  *resolve(value: PdfValue | undefined, revision: number): Walk<PdfValue> {
    if (!isReference(value)) return value ?? null
    return (yield* this.#object(value, revision))?.value ?? null
  }

  /** The stream that a value refers to; undefined where it is none. */
  *stream(value: PdfValue | undefined, revision: number): Walk<PdfStream | undefined> {
    if (!isReference(value)) return undefined
    const object = yield* this.#object(value, revision)
    if (object?.data === undefined || !isDictionary(object.value)) return undefined
    const length = yield* this.resolve(object.value.get('Length'), revision)
    return streamOf(this.#source, object.value, object.data, length)
  }

  *#object(reference: PdfReference, revision: number): Walk<PdfObject | undefined> {
    const place = yield* this.#placeOf(reference.number, revision)
    if (!place || place.kind === 'free') return undefined
    if (place.kind === 'compressed') return yield* this.#compressedObject(reference.number, place.stream, revision)
    if (place.generation !== reference.generation) return undefined
    const object = yield* this.#objectAt(place.offset)
    return object.number === reference.number && object.generation === reference.generation ? object : undefined
  }

  *#placeOf(number: number, revision: number): Walk<Place | undefined> {
    for (let index = revision; index < this.sections.length; index++) {
      const section = this.sections[index] as Section
      this.#work.lookups -= 1 + section.subsections.length
      if (this.#work.lookups < 0) throw new C2paError('too_large', 'The PDF has more updates than are looked through.')
      const place = yield* placeIn(this.#source, section, number)
      const hidden = !place || place.kind === 'free' ? section.hybrid : undefined
      const found = (hidden && (yield* placeIn(this.#source, hidden, number))) ?? place
      if (found) return found
    }
    return undefined
  }

  *#objectAt(offset: number): Walk<PdfObject> {
    const object = this.#objects.get(offset) ?? (yield* objectAt(this.#source, offset, this.#work))
    this.#objects.set(offset, object)
    return object
  }

  *#compressedObject(number: number, streamNumber: number, revision: number): Walk<PdfObject | undefined> {
    const place = yield* this.#placeOf(streamNumber, revision)
    if (place?.kind !== 'plain') throw malformed('an object stream that is not there')
    const known = this.#objectStreams.get(place.offset) ?? (yield* this.#objectStream(place.offset, revision))
    this.#objectStreams.set(place.offset, known)
    const position = known.positions.get(number)
    if (position === undefined) return undefined
    if (--this.#work.objects < 0) throw malformed('more objects than are looked at')
    const value = uncut(() => new PdfReader(known.bytes, this.#work.values, position).value())
    return { number, generation: 0, value }
  }

  /** §7.5.7: pairs of numbers and offsets, then the objects without their keywords. */
  *#objectStream(offset: number, revision: number): Walk<ObjectStream> {
    if (this.isEncrypted) throw encrypted()
    const { value: dictionary, data } = yield* this.#objectAt(offset)
    if (data === undefined || !isDictionary(dictionary)) throw malformed('an object stream that is none')
    const count = yield* this.resolve(dictionary.get('N'), revision)
    const first = yield* this.resolve(dictionary.get('First'), revision)
    const length = yield* this.resolve(dictionary.get('Length'), revision)
    if (typeof count !== 'number' || typeof first !== 'number') throw malformed('an object stream without a count')
    this.#work.compressedObjects -= count
    if (this.#work.compressedObjects < 0) throw malformed('more compressed objects than are looked at')
    const content = yield* decoded(this.#source, streamOf(this.#source, dictionary, data, length), this.#work)
    // Nothing stands behind the last value: with white space it ends.
    const bytes = new Uint8Array(content.length + 1).fill(0x20, content.length)
    bytes.set(content)
    const header = new PdfReader(bytes, this.#work.values)
    const positions = new Map<number, number>()
    for (let index = 0; index < count; index++) {
      const number = uncut(() => header.natural())
      positions.set(number, first + uncut(() => header.natural()))
    }
    return { bytes, positions }
  }
}

/** What an object stream holds, and where in it each object begins. */
type ObjectStream = { readonly bytes: Uint8Array; readonly positions: ReadonlyMap<number, number> }

/** What is still done for one PDF. */
type Work = {
  readonly values: ValueBudget
  objects: number
  compressedObjects: number
  /** Subsections that may hold an object, with each object again. */
  lookups: number
  /** Bytes, before and after. */
  compressed: number
  decompressed: number
}

/** Reads the cross-reference sections; throws C2paError `malformed_asset` where the newest is not there. */
export function* openPdf(source: Source): Walk<PdfDocument> {
  const work: Work = {
    values: { left: MOST_VALUES },
    objects: MOST_OBJECTS,
    compressedObjects: MOST_COMPRESSED_OBJECTS,
    lookups: MOST_LOOKUPS,
    compressed: MOST_COMPRESSED,
    decompressed: MOST_DECOMPRESSED,
  }
  const sections: Section[] = []
  const seen = new Set<number>()
  let subsections = 0
  for (let next: number | undefined = yield* startOfSections(source); next !== undefined && !seen.has(next); ) {
    if (sections.length === MOST_SECTIONS) throw malformed(`more than ${MOST_SECTIONS} updates`)
    seen.add(next)
    let section: Section
    try {
      section = yield* sectionAt(source, next, work, MOST_SUBSECTIONS - subsections)
    } catch (error) {
      // What an older section says is of use only where no newer one says otherwise: without it less is found, and nothing else.
      if (sections.length === 0 || !(error instanceof C2paError) || error.code !== 'malformed_asset') throw error
      break
    }
    sections.push(section)
    subsections += section.subsections.length
    const previous = section.trailer.get('Prev')
    next = typeof previous === 'number' ? previous : undefined
  }
  return new PdfDocument(source, sections, work)
}

function* startOfSections(source: Source): Walk<number> {
  const length = Math.min(source.length, END_LENGTH)
  const start = source.length - length
  const end = latin1Text((source.peek(start, length) ?? (yield { start, length })).subarray(0, length))
  const [, offset] = /^startxref\s+([0-9]{1,15})\b/.exec(end.slice(Math.max(0, end.lastIndexOf('startxref')))) ?? []
  if (offset === undefined) throw malformed('it does not say where its cross-reference section is')
  return Number(offset)
}

/** Reads what stands at an offset, with as many bytes as that takes. */
function* readAt<T>(source: Source, start: number, read: (bytes: Uint8Array) => T): Walk<T> {
  const left = source.length - start
  if (left <= 0) throw malformed(`nothing is at offset ${start}`)
  for (let length = Math.min(left, 4096); ; length = Math.min(left, 16 * length)) {
    const bytes = (source.peek(start, length) ?? (yield { start, length })).subarray(0, length)
    try {
      return read(bytes)
    } catch (error) {
      if (!(error instanceof CutShort)) throw error
      if (length === left) throw malformed(`it ends inside what stands at offset ${start}`)
      if (length >= LONGEST_OBJECT) throw malformed(`an object of more than ${LONGEST_OBJECT} bytes at offset ${start}`)
    }
  }
}

function* objectAt(source: Source, offset: number, work: Work): Walk<PdfObject> {
  if (--work.objects < 0) throw malformed('more objects than are looked at')
  const object = yield* readAt(source, offset, (bytes) => new PdfReader(bytes, work.values).object())
  return object.data === undefined ? object : { ...object, data: offset + object.data }
}

function* sectionAt(source: Source, offset: number, work: Work, mostSubsections: number): Walk<Section> {
  const isTable = yield* readAt(source, offset, (bytes) => new PdfReader(bytes, work.values).word() === 'xref')
  return isTable ? yield* tableAt(source, offset, work, mostSubsections) : yield* streamSectionAt(source, offset, work)
}

/** Each entry of a table has twenty bytes. §7.5.4. */
const ENTRY = 20

function* tableAt(source: Source, offset: number, work: Work, mostSubsections: number): Walk<Section> {
  const afterKeyword = yield* readAt(source, offset, (bytes) => {
    const reader = new PdfReader(bytes, work.values)
    reader.word()
    return reader.position
  })
  const subsections: Subsection[] = []
  for (let position = offset + afterKeyword; ; ) {
    const read = yield* readAt(source, position, (bytes) => subsectionOrTrailer(bytes, work.values))
    if ('trailer' in read) {
      const stream = read.trailer.get('XRefStm')
      const hybrid = typeof stream === 'number' ? yield* streamSectionAt(source, stream, work) : undefined
      return { trailer: read.trailer, subsections, ...(hybrid ? { hybrid } : {}) }
    }
    if (subsections.length === mostSubsections) throw malformed('more cross-reference subsections than are read')
    const at = position + read.length
    position = at + read.count * ENTRY
    if (position > source.length) throw malformed(`it ends inside the cross-reference table at offset ${offset}`)
    subsections.push({ first: read.first, count: read.count, at })
  }
}

type Read =
  | { readonly trailer: PdfDictionary }
  | { readonly first: number; readonly count: number; readonly length: number }

function subsectionOrTrailer(bytes: Uint8Array, values: ValueBudget): Read {
  const reader = new PdfReader(bytes, values)
  const word = reader.word()
  if (word === 'trailer') {
    const trailer = reader.value()
    if (isDictionary(trailer)) return { trailer }
  }
  if (!/^[0-9]{1,10}$/.test(word)) throw malformed('a cross-reference table without a trailer')
  const count = reader.natural()
  reader.skipSpace()
  return { first: Number(word), count, length: reader.position }
}

/** §7.5.8. */
function* streamSectionAt(source: Source, offset: number, work: Work): Walk<Section> {
  const { value: trailer, data } = yield* objectAt(source, offset, work)
  if (data === undefined || !isDictionary(trailer) || !isName(trailer.get('Type'), 'XRef'))
    throw malformed(`no cross-reference section at offset ${offset}`)
  const [w0, w1, w2] = naturals(trailer.get('W')) ?? []
  const size = trailer.get('Size')
  if (w0 === undefined || w1 === undefined || w2 === undefined || w0 + w1 + w2 > 24 || w0 + w1 + w2 === 0)
    throw malformed('the widths of a cross-reference stream')
  const index = naturals(trailer.get('Index')) ?? [0, typeof size === 'number' ? size : 0]
  // Its length and filter stand in it directly: nothing could be looked up yet.
  const stream = streamOf(source, trailer, data, trailer.get('Length') ?? null)
  const bytes = yield* decoded(source, stream, work)
  const subsections: Subsection[] = []
  let at = 0
  for (let pair = 0; pair + 1 < index.length; pair += 2) {
    const first = index[pair] as number
    const count = index[pair + 1] as number
    if (at + count * (w0 + w1 + w2) > bytes.length) throw malformed('a cross-reference stream that is too short')
    subsections.push({ first, count, at })
    at += count * (w0 + w1 + w2)
  }
  return { trailer, subsections, entries: { bytes, widths: [w0, w1, w2] } }
}

function naturals(value: PdfValue | undefined): number[] | undefined {
  const isNatural = (item: PdfValue): item is number => Number.isSafeInteger(item) && (item as number) >= 0
  return Array.isArray(value) && value.every(isNatural) && value.length <= 2 * MOST_SUBSECTIONS ? value : undefined
}

function* placeIn(source: Source, { subsections, entries }: Section, number: number): Walk<Place | undefined> {
  const found = subsections.find(({ first, count }) => number >= first && number < first + count)
  if (!found) return undefined
  if (entries) return streamEntry(entries, found.at + (number - found.first) * widthOf(entries.widths))
  const start = found.at + (number - found.first) * ENTRY
  const bytes = source.peek(start, ENTRY) ?? (yield { start, length: ENTRY })
  const [, offset, generation, type] = /^([0-9]{10}) ([0-9]{5}) ([nf])/.exec(latin1Text(bytes.subarray(0, ENTRY))) ?? []
  if (type === undefined) throw malformed(`the cross-reference entry of object ${number}`)
  return type === 'f' ? { kind: 'free' } : { kind: 'plain', offset: Number(offset), generation: Number(generation) }
}

function widthOf([w0, w1, w2]: readonly [number, number, number]): number {
  return w0 + w1 + w2
}

/** §7.5.8.3: without a field for it, the type is 1. */
function streamEntry({ bytes, widths }: NonNullable<Section['entries']>, at: number): Place {
  const [w0, w1, w2] = widths
  const field = (start: number, width: number) =>
    bytes.subarray(start, start + width).reduce((value, byte) => value * 256 + byte, 0)
  const type = w0 === 0 ? 1 : field(at, w0)
  const second = field(at + w0, w1)
  if (type === 1) return { kind: 'plain', offset: second, generation: field(at + w0 + w1, w2) }
  return type === 2 ? { kind: 'compressed', stream: second } : { kind: 'free' }
}

/** The bytes of a stream lie where its length says, and `endstream` follows. §7.3.8.1. */
function streamOf(source: Source, dictionary: PdfDictionary, start: number, length: PdfValue): PdfStream {
  if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0 || start + length > source.length)
    throw malformed(`the length of the stream at offset ${start}`)
  return { dictionary, data: { start, length } }
}

function* decoded(source: Source, { dictionary, data }: PdfStream, work: Work): Walk<Uint8Array> {
  work.compressed -= data.length
  if (work.compressed < 0) throw malformed('more compressed objects than are read')
  const bytes = (source.peek(data.start, data.length) ?? (yield data)).subarray(0, data.length)
  const filters = [dictionary.get('Filter') ?? []].flat()
  const parameters = [dictionary.get('DecodeParms') ?? []].flat()[0]
  if (filters.length === 0) return bytes
  if (filters.length > 1 || !isName(filters[0] as PdfValue, 'FlateDecode'))
    throw malformed('a filter that objects can not be behind')
  const inflated = inflate(bytes, work.decompressed)
  work.decompressed -= inflated.length
  return isDictionary(parameters) ? unpredicted(inflated, parameters) : inflated
}

/** Where no more bytes are to come. */
function uncut<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof CutShort) throw malformed('an object stream that is cut short')
    throw error
  }
}

/** What is said where an object stands among encrypted ones. */
export function encrypted(): C2paError {
  return new C2paError('unsupported_format', 'The PDF is encrypted: what it holds can not be read.')
}

function malformed(what: string): C2paError {
  return new C2paError('malformed_asset', `The PDF is damaged: ${what}.`)
}
