/** PDF, ISO 32000-2, for reading: the manifest store is an embedded file that the catalog names. C2PA 2.2 A.4. */
import { latin1Text } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import { decodeBoxes, encodeBox } from '../jumbf/box.ts'
import { decodeSuperbox, isSuperbox } from '../jumbf/superbox.ts'
import type { Source, Walk } from './asset.ts'
import { type AssetFormat, type AssetLayout, type ByteRange, checkStoreLength, type Visit } from './asset-format.ts'
import { encrypted, openPdf, type PdfDocument, type PdfStream } from './pdf-document.ts'
import { isDictionary, isName, nameOf, type PdfDictionary, type PdfValue } from './pdf-value.ts'

export const pdf: AssetFormat = {
  name: 'PDF',
  isReadOnly: true,
  recognizes: (head) => (latin1Text(head.subarray(0, 5)) === '%PDF-' ? 'application/pdf' : undefined),
  inspect,
  metadata,
}

const MOST_ASSOCIATED_FILES = 1000

function* inspect(source: Source): Walk<AssetLayout> {
  const document = yield* openPdf(source)
  const stores = yield* manifestStores(document)
  const active = stores.at(-1)
  if (!active) return { mediaType: 'application/pdf' }
  let total = 0
  const contents: Uint8Array[] = []
  for (const stream of stores) {
    total += stream.data.length
    checkStoreLength(total)
    contents.push(yield* storeBytes(source, document, stream))
  }
  return { mediaType: 'application/pdf', manifestStore: { bytes: joined(contents), container: active.data } }
}

/**
 * Those of each update, the oldest first: the last one of what the newest names is the active one (A.4.2.1). An older one that
 * can't be read is passed over: it may hold an ingredient, and is missed as such.
 */
function* manifestStores(document: PdfDocument): Walk<PdfStream[]> {
  const newest = yield* associatedStores(document, 0)
  /** With the update that brought each. */
  const found = new Map<number, { readonly stream: PdfStream; readonly revision: number }>()
  const add = (streams: readonly PdfStream[], revision: number) => {
    for (const stream of streams) if (!found.has(stream.data.start)) found.set(stream.data.start, { stream, revision })
  }
  if (newest.length > 0)
    for (let revision = document.sections.length - 1; revision > 0; revision--)
      add(yield* olderStores(document, revision), revision)
  add(newest, 0)
  const named = newest.flatMap(({ data }) => found.get(data.start) ?? [])
  const latest = Math.min(...named.map(({ revision }) => revision))
  const active = named.filter(({ revision }) => revision === latest)
  if (active.length > 1) throw new C2paError('multiple_manifest_stores', 'The PDF has two C2PA manifest stores.')
  const older = [...found.values()].filter(({ revision }) => revision > latest)
  return [...older, ...active].map(({ stream }) => stream)
}

function* olderStores(document: PdfDocument, revision: number): Walk<PdfStream[]> {
  try {
    return yield* associatedStores(document, revision)
  } catch (error) {
    if (error instanceof C2paError && error.code === 'malformed_asset') return []
    throw error
  }
}

/** The streams behind `AF` of the catalog, as of a revision. A.4.2.1. */
function* associatedStores(document: PdfDocument, revision: number): Walk<PdfStream[]> {
  const catalog = yield* catalogOf(document, revision)
  const files = yield* document.resolve(catalog?.get('AF'), revision)
  const list: readonly PdfValue[] = Array.isArray(files) ? files : [files]
  const stores: PdfStream[] = []
  for (const file of list.slice(0, MOST_ASSOCIATED_FILES)) {
    const specification = yield* document.resolve(file, revision)
    if (!isDictionary(specification)) continue
    const relationship = yield* document.resolve(specification.get('AFRelationship'), revision)
    if (!isName(relationship, 'C2PA_Manifest')) continue
    const embedded = yield* document.resolve(specification.get('EF'), revision)
    const reference = isDictionary(embedded) ? (embedded.get('F') ?? embedded.get('UF')) : undefined
    const stream = yield* document.stream(reference, revision)
    if (!stream) throw malformed('its manifest store is not there')
    if (!stores.some(({ data }) => data.start === stream.data.start)) stores.push(stream)
  }
  return stores
}

function* catalogOf(document: PdfDocument, revision: number): Walk<PdfDictionary | undefined> {
  const catalog = yield* document.resolve(document.sections[revision]?.trailer.get('Root'), revision)
  return isDictionary(catalog) ? catalog : undefined
}

/** As it stands in the file: a compressed one could be written in many ways, and what is left out of the hash could hide something. */
function* storeBytes(source: Source, document: PdfDocument, { dictionary, data }: PdfStream): Walk<Uint8Array> {
  const filters = [dictionary.get('Filter') ?? []].flat() as PdfValue[]
  const parameters = [dictionary.get('DecodeParms') ?? []].flat()[0] as PdfValue | undefined
  const cryptFilter = isDictionary(parameters) ? (nameOf(parameters.get('Name')) ?? 'Identity') : 'Identity'
  const isPlain = filters.length === 1 && isName(filters[0], 'Crypt') && cryptFilter === 'Identity'
  if (filters.length > 0 && !isPlain)
    throw new C2paError(
      'unsupported_format',
      'The manifest store of the PDF is not embedded as it is, but through a filter.',
    )
  if (document.isEncrypted && !isPlain) throw encrypted()
  const end = data.start + data.length
  const length = Math.min(source.length - end, 11)
  const after = (source.peek(end, length) ?? (yield { start: end, length })).subarray(0, length)
  if (!/^(?:\r\n|\r|\n)?endstream/.test(latin1Text(after))) throw malformed('its manifest store has another length')
  return (source.peek(data.start, data.length) ?? (yield data)).subarray(0, data.length)
}

/** All manifests as if they were in one store, the newest copy of each. A.4.2.1. */
function joined(stores: readonly Uint8Array[]): Uint8Array {
  const [newest, ...older] = stores.toReversed()
  if (!newest || older.length === 0) return newest ?? new Uint8Array()
  const active = decodeSuperbox(newest)
  const [description] = decodeBoxes(active.payload, 2 ** 16)
  const kept = active.boxes.map(({ bytes }) => bytes)
  const labels = new Set(active.boxes.map((box) => (isSuperbox(box) ? box.description.label : undefined)))
  for (const store of older) {
    const fresh = decodeSuperbox(store).boxes.filter((box) => isSuperbox(box) && !labels.has(box.description.label))
    for (const box of fresh) labels.add(isSuperbox(box) ? box.description.label : undefined)
    kept.unshift(...fresh.map(({ bytes }) => bytes))
  }
  return encodeBox('jumb', (description as { bytes: Uint8Array }).bytes, ...kept)
}

/** XMP of the document as it stands in the file, and the value of each signature, which comes after the hash was made. §14.3, §12.8.1, C2PA 2.2 A.4.2.2. */
function* metadata(source: Source, visit: Visit): Walk<void> {
  const ranges: ByteRange[] = []
  try {
    const document = yield* openPdf(source)
    const catalog = yield* catalogOf(document, 0)
    const xmp = yield* document.stream(catalog?.get('Metadata'), 0)
    if (xmp && !xmp.dictionary.has('Filter') && !document.isEncrypted) ranges.push(xmp.data)
    const form = yield* document.resolve(catalog?.get('AcroForm'), 0)
    const fields = isDictionary(form) ? yield* document.resolve(form.get('Fields'), 0) : null
    for (const field of Array.isArray(fields) ? fields : []) {
      const value = yield* signatureValue(source, document, field)
      if (value) ranges.push(value)
    }
  } catch (error) {
    // What can't be read has no metadata.
    if (!(error instanceof C2paError) || error.code === 'unreadable_asset') throw error
  }
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) if (!visit(range)) return
}

/** Longer than any: the certificates and a time stamp take less. */
const LONGEST_SIGNATURE = 1 << 20

/** The gap that a signature leaves for itself: one string of hexadecimal digits, and nothing else. §12.8.1. */
function* signatureValue(source: Source, document: PdfDocument, reference: PdfValue): Walk<ByteRange | undefined> {
  const field = yield* document.resolve(reference, 0)
  const signature =
    isDictionary(field) && isName(field.get('FT'), 'Sig') ? yield* document.resolve(field.get('V'), 0) : null
  const covered = isDictionary(signature) ? yield* document.resolve(signature.get('ByteRange'), 0) : null
  if (!Array.isArray(covered) || covered.length !== 4 || !covered.every(Number.isSafeInteger)) return undefined
  const [from, before, after] = covered as number[]
  const start = (from as number) + (before as number)
  const length = (after as number) - start
  if (from !== 0 || start < 0 || length < 2 || length > LONGEST_SIGNATURE || start + length > source.length)
    return undefined
  const text = latin1Text((source.peek(start, length) ?? (yield { start, length })).subarray(0, length))
  return /^<[0-9A-Fa-f\s]*>$/.test(text) ? { start, length } : undefined
}

function malformed(what: string): C2paError {
  return new C2paError('malformed_asset', `The PDF is damaged: ${what}.`)
}
