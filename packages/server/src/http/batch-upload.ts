/** The batches that are sent: a form with a table or a JSON array, or JSON; read as they come in, and kept as they are read. */
import type { IncomingMessage } from 'node:http'
import { Type } from 'typebox'
import { BATCH_KEY_FORMATS, type BatchRequest, type BatchSettings } from '../domain/batch.ts'
import type { BatchUpload } from '../domain/receive-batch.ts'
import { Refusal } from '../domain/refusal.ts'
import {
  BatchFault,
  columnsOf,
  createKeyFaults,
  held,
  type LineFault,
  MOST_COLUMNS,
  MOST_FAULTS,
  requestOfCells,
  requestOfObject,
} from './batch-rows.ts'
import { CsvError, createCsvReader } from './csv-reader.ts'
import { LONGEST_PEM, OptionalText, syntaxOf } from './device-certificate.ts'
import { createJsonRecords, JsonError } from './json-records.ts'
import { boundaryOf, createMultipartParser, MultipartError, type Part, type PartSink } from './multipart.ts'

/** How large a batch may be. */
export const MOST_BATCH_BYTES = 200 * 1024 * 1024
/** Bytes that are read in one go: there may be many short lines in them. */
const SLICE = 8_192
/** Requests that are kept at once. */
const PIECE = 100
const MOST_PARTS = 32
const LONGEST_REQUEST = 512 * 1024
const LONGEST_SETTINGS = 256 * 1024
const FILE = 'file'
const REQUESTS = 'requests'

const Flag = (description: string) => Type.Optional(Type.Union([Type.Boolean(), Type.Null()], { description }))

/** What holds for all requests of a batch. */
export const BATCH_SETTINGS = {
  enrollment_profile_id: Type.String({
    maxLength: 255,
    description: 'IOT_ and a UUID; of a profile with the method BATCH',
  }),
  name: OptionalText('What people know it by: up to 100 characters'),
  certificate_format: OptionalText('Of the files in the result: pem (when left out) or der'),
  include_full_chain_with_each_certificate: Flag(
    'Whether each of these files has the authorities, too; false when left out. The result has them once in any case',
  ),
  server_side_key_gen: Flag('true where the keys are to be made here; then no request has a csr'),
  key_type: OptionalText('Of keys that are made here; the default of the profile when left out'),
  private_key_format: OptionalText(
    `Of keys that are made here: ${BATCH_KEY_FORMATS.join(' (when left out) or ')}, the file of certificate and key`,
  ),
  private_key_syntax: OptionalText('pkcs8 (when left out) or pkcs1, within what is encrypted'),
  encryption_certificate: OptionalText(
    'PEM: for whom keys that are made here are encrypted; required unless each request has one',
    LONGEST_PEM,
  ),
}

const BatchSettingsBody = Type.Object(BATCH_SETTINGS)

/** Reads a batch. Throws a Refusal that names what is wrong, line by line. */
export async function* readBatchUpload(request: IncomingMessage): BatchUpload {
  if (request.destroyed) throw invalid('The body is cut short.')
  const type = request.headers['content-type'] ?? ''
  const rows = createRows()
  let bytes = 0
  try {
    const reader = /^application\/json\b/i.test(type) ? jsonReader(rows) : formReader(type, rows)
    // Left in the middle, the request stays open: its answer goes the same way.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > MOST_BATCH_BYTES)
        throw new Refusal('too_large', 'invalid_request', `A batch has at most ${MOST_BATCH_BYTES / 1024 / 1024} MB.`)
      for (let at = 0; at < chunk.length; at += SLICE) {
        reader.write(chunk.subarray(at, at + SLICE))
        while (rows.waiting.length >= PIECE) yield rows.waiting.splice(0, PIECE)
      }
    }
    const settings = settingsOf(reader.end())
    rows.judge(settings.serverKeys)
    while (rows.waiting.length > 0) yield rows.waiting.splice(0, PIECE)
    return settings
  } catch (error) {
    throw refusalOf(error, rows.faults)
  }
}

type Reader = { write(chunk: Buffer): void; end(): Record<string, unknown> }

type Rows = {
  /** Those that were read and not given on. */
  readonly waiting: BatchRequest[]
  readonly faults: LineFault[]
  add(line: number, read: () => BatchRequest): void
  /** Throws if there was a fault. */
  judge(serverKeys: BatchSettings['serverKeys']): void
}

class Faults extends Error {}

function createRows(): Rows {
  const waiting: BatchRequest[] = []
  const faults: LineFault[] = []
  const keyFaults = createKeyFaults()
  return {
    waiting,
    faults,
    add(line, read) {
      try {
        const row = read()
        keyFaults.note(row)
        // A batch with a fault is refused: what comes behind it is only looked at.
        if (faults.length === 0) waiting.push(row)
      } catch (error) {
        if (!(error instanceof BatchFault)) throw error
        faults.push({ line, what: error.message })
        if (faults.length >= MOST_FAULTS) throw new Faults()
      }
    },
    judge(serverKeys) {
      faults.push(...keyFaults.faults(serverKeys))
      if (faults.length > 0) throw new Faults()
    },
  }
}

/** JSON: an object, with the requests in one of its members. */
function jsonReader(rows: Rows): Reader {
  const text = new TextDecoder('utf-8', { fatal: true })
  const records = elementsInto(rows)
  return {
    write: (chunk) => records.write(decoded(text, chunk)),
    end() {
      records.write(decoded(text))
      const rest = records.end()
      if (typeof rest !== 'object' || rest === null || Array.isArray(rest))
        throw new BatchFault('the body is to be an object, with the requests in its member requests.')
      const { [REQUESTS]: requests, ...settings } = rest as Record<string, unknown>
      if (!Array.isArray(requests) || requests.length > 0) throw new BatchFault('requests stands there twice.')
      return settings
    },
  }
}

function elementsInto(rows: Rows): ReturnType<typeof createJsonRecords> {
  return createJsonRecords(
    { member: REQUESTS, longestElement: LONGEST_REQUEST, longestRest: LONGEST_SETTINGS },
    (value, number) => rows.add(number, () => requestOfObject(value, number)),
  )
}

/** A form: settings as fields, and one file. */
function formReader(contentType: string, rows: Rows): Reader {
  const boundary = boundaryOf(contentType)
  if (!boundary) throw new BatchFault('the body is to be JSON, or a multipart form with its boundary.')
  const settings: Record<string, unknown> = {}
  let hasFile = false
  const open = ({ name }: Part): PartSink => {
    if (name === FILE) {
      if (hasFile) throw new BatchFault(`${FILE}: there are two.`)
      hasFile = true
      return fileSink(rows)
    }
    if (Object.hasOwn(settings, name)) throw new BatchFault(`${name.slice(0, 60)}: there are two.`)
    return fieldSink(name, (text) => {
      settings[name] = text
    })
  }
  const parser = createMultipartParser(boundary, MOST_PARTS, open)
  return {
    write: (chunk) => parser.write(chunk),
    end() {
      parser.end()
      if (!hasFile) throw new BatchFault(`${FILE}: it is missing: a table (CSV), or a JSON array.`)
      return withFlags(settings)
    },
  }
}

function fieldSink(name: string, onText: (text: string) => void): PartSink {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  const add = (more: string): void => {
    text += more
    if (text.length > LONGEST_PEM)
      throw new BatchFault(`${name.slice(0, 60)}: it is longer than ${LONGEST_PEM} characters.`)
  }
  return {
    data: (bytes) => add(decoded(decoder, bytes)),
    end() {
      add(decoded(decoder))
      onText(text)
    },
  }
}

/** A form has text alone. */
function withFlags(settings: Record<string, unknown>): Record<string, unknown> {
  for (const name of ['server_side_key_gen', 'include_full_chain_with_each_certificate']) {
    if (settings[name] === 'true') settings[name] = true
    else if (settings[name] === 'false') settings[name] = false
    else if (settings[name] !== undefined) throw new BatchFault(`${name}: true or false.`)
  }
  return settings
}

/** What begins with a bracket is JSON: no column is called so. */
function fileSink(rows: Rows): PartSink {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let begin = ''
  let sink: { write(text: string): void; end(): unknown } | undefined
  const write = (text: string): void => {
    if (sink) {
      sink.write(text)
      return
    }
    begin += text
    // What came before it is blank.
    const first = /[^ \t\r\n]/.exec(text)?.[0]
    if (first === undefined && begin.length < LONGEST_REQUEST) return
    sink = first === '[' ? arrayReader(rows) : tableReader(rows)
    sink.write(begin)
    begin = ''
  }
  return {
    data: (bytes) => write(decoded(decoder, bytes)),
    end() {
      write(decoded(decoder))
      sink ??= tableReader(rows)
      sink.end()
    },
  }
}

function arrayReader(rows: Rows): { write(text: string): void; end(): void } {
  const records = elementsInto(rows)
  return {
    write: records.write,
    end: () => void records.end(),
  }
}

function tableReader(rows: Rows): { write(text: string): void; end(): void } {
  let columns: ReturnType<typeof columnsOf> | undefined
  return createCsvReader({ mostCells: MOST_COLUMNS, longestRecord: LONGEST_REQUEST }, (cells, line) => {
    if (columns) {
      const known = columns
      rows.add(line, () => requestOfCells(known, cells, line))
      return
    }
    try {
      columns = columnsOf(cells)
    } catch (error) {
      throw error instanceof BatchFault ? new CsvError(line, error.message) : error
    }
  })
}

/** TextDecoder leaves the mark out by which programs of Windows begin a text. */
function decoded(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode()
  } catch {
    throw new BatchFault('it is no text in UTF-8.')
  }
}

function settingsOf(given: Record<string, unknown>): BatchSettings {
  const settings = held(BatchSettingsBody, given)
  const serverFields = ['key_type', 'private_key_format', 'private_key_syntax', 'encryption_certificate'] as const
  if (settings.server_side_key_gen !== true)
    for (const name of serverFields)
      if (settings[name]) throw new BatchFault(`${name}: only together with server_side_key_gen.`)
  return {
    enrollmentProfileId: settings.enrollment_profile_id,
    name: settings.name || undefined,
    certificateFormat: oneOf('certificate_format', settings.certificate_format, ['pem', 'der']),
    includesChain: settings.include_full_chain_with_each_certificate ?? false,
    serverKeys:
      settings.server_side_key_gen === true
        ? {
            keyType: settings.key_type || undefined,
            format: oneOf('private_key_format', settings.private_key_format, BATCH_KEY_FORMATS),
            syntax: syntaxOf(settings.private_key_syntax || undefined),
            encryptionCertificate: settings.encryption_certificate || undefined,
          }
        : undefined,
  }
}

/** One of some words, in any case; the first where none is given. */
function oneOf<Word extends string>(field: string, text: string | null | undefined, words: readonly Word[]): Word {
  const found = text ? words.find((word) => word === text.toLowerCase()) : words[0]
  if (found) return found
  throw new BatchFault(`${field}: one of ${words.join(', ')}.`)
}

function refusalOf(error: unknown, faults: readonly LineFault[]): unknown {
  const [ofLine, other] = whatIs(error)
  if (!ofLine && other === undefined) return error
  const all = [...faults, ...(ofLine ? [ofLine] : [])].sort((a, b) => a.line - b.line)
  const told = all.slice(0, MOST_FAULTS)
  return invalid(
    [...sentencesOf(told), ...(other ? [other] : []), ...(all.length > told.length ? ['There are more.'] : [])].join(
      ' ',
    ),
    error,
  )
}

/** What is wrong with several lines in a row is said once: a batch that lacks something lacks it in each. */
function sentencesOf(faults: readonly LineFault[]): readonly string[] {
  const rows = faults.filter(({ what }, index) => faults[index - 1]?.what !== what)
  return rows.map((first, index) => {
    const next = rows[index + 1]
    const last = faults[(next ? faults.indexOf(next) : faults.length) - 1] ?? first
    return `${first === last ? `line ${first.line}` : `lines ${first.line} to ${last.line}`}: ${first.what}`
  })
}

/** The line that is at fault, or what else is wrong; neither of what is no fault of a batch. */
function whatIs(error: unknown): readonly [LineFault | undefined, string | undefined] {
  if (error instanceof Faults) return [undefined, '']
  if (error instanceof CsvError) return [{ line: error.line, what: error.message }, undefined]
  if (error instanceof JsonError && error.element !== undefined)
    return [{ line: error.element, what: error.message }, undefined]
  if (error instanceof JsonError) return [undefined, `requests: ${error.message}`]
  if (error instanceof BatchFault) return [undefined, error.message]
  if (error instanceof MultipartError) return [undefined, `The form is damaged: ${error.message}.`]
  const isCut = (error as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET'
  return [undefined, isCut ? 'The body is cut short.' : undefined]
}

function invalid(message: string, cause?: unknown): Refusal {
  return new Refusal('invalid', 'invalid_request', message, { cause })
}
