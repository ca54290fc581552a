/** The outermost chunk of a RIFF file, and its long form with lengths of 64 bits, RF64 and BW64. EBU Tech 3306, ITU-R BS.2088. */
import type { Source, Walk } from './asset.ts'
import type { ByteRange } from './asset-format.ts'
import { CHUNK_HEADER, identifier, type LongLengths, malformed, uint32, uint64 } from './riff-chunks.ts'

/** Identifier, length and the type of the form. */
export const FORM_HEADER = 12

export type Form = {
  readonly type: string
  /** Where it ends with its padding: what it states, as far as there are bytes. */
  readonly end: number
  readonly isCut: boolean
  /** Where its length stands. */
  readonly length: ByteRange
  /** Lengths of chunks that are not in their headers. */
  readonly longLengths?: LongLengths
}

/** Whether an identifier begins a form. */
export function isForm(id: string | undefined): boolean {
  return id === 'RIFF' || isLongForm(id)
}

function isLongForm(id: string | undefined): boolean {
  return id === 'RF64' || id === 'BW64'
}

/** The form that begins there, of which the first byte is known to be there. */
export function* formAt(source: Source, start: number): Walk<Form> {
  if (start + FORM_HEADER > source.length) throw malformed('it ends inside its header')
  const header = source.peek(start, FORM_HEADER) ?? (yield { start, length: FORM_HEADER })
  const type = identifier(header, 8)
  if (type === undefined) throw malformed('its header has no type')
  const stated = uint32(header, 4)
  const long = isLongForm(identifier(header, 0)) ? yield* longLengthsAt(source, start + FORM_HEADER) : undefined
  const end = start + CHUNK_HEADER + (long ? long.form : stated)
  return {
    type,
    end: Math.min(end + (end & 1), source.length),
    isCut: end > source.length,
    length: long ? { start: start + FORM_HEADER + CHUNK_HEADER, length: 8 } : { start: start + 4, length: 4 },
    ...(long ? { longLengths: long.lengths } : {}),
  }
}

/** Far more than there are gigabytes in a file. */
const MOST_FORMS = 10_000

/** The forms that follow another, as long AVI files have them. OpenDML AVI File Format Extensions 1.02 §5. */
export function* furtherForms(source: Source, first: Form): Walk<readonly FurtherForm[]> {
  const found: FurtherForm[] = []
  for (let start = first.end; start + FORM_HEADER <= source.length; ) {
    const header = source.peek(start, FORM_HEADER) ?? (yield { start, length: FORM_HEADER })
    if (identifier(header, 0) !== 'RIFF' || identifier(header, 8) !== 'AVIX') break
    if (found.length === MOST_FORMS) throw malformed(`it has more than ${MOST_FORMS} RIFF chunks`)
    const form = yield* formAt(source, start)
    if (form.isCut) throw malformed('it is shorter than it states')
    found.push({ ...form, start })
    start = form.end
  }
  return found
}

export type FurtherForm = Form & { readonly start: number }

/** Lengths of the form, of its data and of the samples, and how many more there are: an identifier and a length each. EBU Tech 3306 §3.5. */
const DS64_LENGTH = 28
const MOST_LONG_LENGTHS = 1000

function* longLengthsAt(source: Source, start: number): Walk<{ form: number; lengths: LongLengths }> {
  const least = CHUNK_HEADER + DS64_LENGTH
  if (start + least > source.length) throw malformed('it has no ds64 chunk')
  const head = source.peek(start, least) ?? (yield { start, length: least })
  const count = uint32(head, CHUNK_HEADER + 24)
  const length = least + 12 * count
  const isWhole = identifier(head, 0) === 'ds64' && uint32(head, 4) >= DS64_LENGTH + 12 * count
  if (!isWhole || count > MOST_LONG_LENGTHS || start + length > source.length) throw malformed('its ds64 chunk is none')
  const form = uint64(head, CHUNK_HEADER)
  const bytes = source.peek(start, length) ?? (yield { start, length })
  const lengths = new Map([['data', uint64(bytes, CHUNK_HEADER + 8)]])
  for (let at = least; at < length; at += 12) {
    const id = identifier(bytes, at)
    if (id !== undefined) lengths.set(id, uint64(bytes, at + 4))
  }
  return { form, lengths }
}
