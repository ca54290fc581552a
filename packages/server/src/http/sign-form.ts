import type { IncomingMessage } from 'node:http'
import { Busboy, type BusboyInstance } from '@fastify/busboy'
import { Refusal } from '../domain/refusal.ts'
import { invalidImage } from '../domain/sign-content.ts'

/** A form as it came: its fields, and its one file. */
export type SignForm = {
  readonly image: Uint8Array<ArrayBuffer> | undefined
  readonly fileName: string | undefined
  field(name: SignField): string | undefined
}

/** The text fields of the form, under every name that clients use for them. */
const FIELDS = {
  hashalgo: 'hashAlgo',
  signalgo: 'signAlgo',
  signalgoparams: 'signAlgoParams',
  accountid: 'accountId',
  schemafield: 'schemaField',
  credentialid: 'credentialId',
  pin: 'pin',
  digitalsourcetype: 'digitalSourceType',
  title: 'title',
  thumbnail: 'thumbnail',
  timestamp: 'timestamp',
} as const

/** A text field of the form. */
export type SignField = (typeof FIELDS)[keyof typeof FIELDS]

/** What is said of a field that came twice; the sentences of those that the API documents are its own. */
const DOUBLED: Partial<Record<SignField, string>> = {
  hashAlgo: 'Invalid parameter hashAlgo.',
  signAlgo: 'Missing (or invalid type) string parameter signAlgo.',
  signAlgoParams: 'Missing (or invalid type) string parameter signAlgoParams.',
  credentialId: 'Invalid parameter credentialID.',
  pin: 'The PIN is invalid.',
}

const MOST_FIELD_BYTES = 4_096
const MOST_PARTS = 32

/** Reads the form as it streams in; what is too large is refused before all of it has come. */
export async function readSignForm(request: IncomingMessage, maxUploadBytes: number): Promise<SignForm> {
  const declared = Number(request.headers['content-length'] ?? Number.NaN)
  if (declared > maxUploadBytes + MOST_PARTS * (MOST_FIELD_BYTES + 1_024)) throw tooLarge(maxUploadBytes)
  const parser = parserFor(request, maxUploadBytes)
  try {
    return await collect(request, parser, declared, maxUploadBytes)
  } finally {
    // What is left of a refused form still comes in: it is passed over, so that the client gets to read the answer.
    request.unpipe(parser)
    request.resume()
  }
}

function parserFor(request: IncomingMessage, maxUploadBytes: number): BusboyInstance {
  // Clients that follow the documented headers send a form as application/json with a boundary.
  const contentType = (request.headers['content-type'] ?? '').replace(/^[^;]*/, 'multipart/form-data')
  try {
    return new Busboy({
      headers: { ...request.headers, 'content-type': contentType },
      preservePath: true,
      highWaterMark: 262_144,
      fileHwm: 262_144,
      limits: {
        fieldNameSize: 100,
        fieldSize: MOST_FIELD_BYTES,
        fields: MOST_PARTS,
        files: 2,
        parts: MOST_PARTS,
        headerPairs: 20,
        headerSize: 8_192,
        fileSize: maxUploadBytes,
      },
    })
  } catch (cause) {
    throw new Refusal('invalid', 'invalid_request', 'The body is no multipart form: its boundary is missing.', {
      cause,
    })
  }
}

function collect(
  request: IncomingMessage,
  parser: BusboyInstance,
  declared: number,
  maxUploadBytes: number,
): Promise<SignForm> {
  const fields = new Map<SignField, string>()
  let image: FileBuffer | undefined
  let fileName: string | undefined
  return new Promise((resolve, reject) => {
    parser.on('field', (name, value, _nameTruncated, valueTruncated) => {
      const field = addField(fields, name ?? '', value, valueTruncated)
      if (field instanceof Refusal) reject(field)
    })
    parser.on('file', (name, stream, sentName) => {
      const refused = fileFault(name ?? '', image !== undefined)
      stream.on('error', () => {})
      if (refused) {
        stream.resume()
        reject(refused)
        return
      }
      const buffer = new FileBuffer(
        Number.isFinite(declared) ? Math.min(declared, maxUploadBytes) : 65_536,
        maxUploadBytes,
      )
      image = buffer
      fileName = sentName
      stream.on('limit', () => reject(tooLarge(maxUploadBytes)))
      stream.on('data', (chunk) => buffer.append(chunk))
    })
    parser.on('partsLimit', () => reject(invalid(`The form has more than ${MOST_PARTS} parts.`)))
    parser.on('filesLimit', () => reject(invalidImage('There are several files.')))
    parser.on('error', (cause) =>
      reject(new Refusal('invalid', 'invalid_request', 'The form is damaged or cut short.', { cause: cause as Error })),
    )
    parser.on('finish', () => resolve({ image: image?.bytes(), fileName, field: (name) => fields.get(name) }))
    request.on('aborted', () => reject(invalid('The form is cut short.')))
    request.pipe(parser)
  })
}

/** Takes a text field, or says why not. Fields that only other versions of the API know are passed over. */
function addField(
  fields: Map<SignField, string>,
  sentName: string,
  value: string,
  isTruncated: boolean,
): Refusal | undefined {
  const key = sentName.toLowerCase()
  if (key === 'image') return invalidImage('It is to be a file, not a text.')
  const name = Object.hasOwn(FIELDS, key) ? FIELDS[key as keyof typeof FIELDS] : undefined
  if (!name) return undefined
  if (fields.has(name)) return invalid(DOUBLED[name] ?? `Invalid parameter ${name}. It came twice.`)
  if (isTruncated) return invalid(DOUBLED[name] ?? `Invalid parameter ${name}. It is too long.`)
  fields.set(name, value)
  return undefined
}

function fileFault(name: string, isSecond: boolean): Refusal | undefined {
  if (name.toLowerCase() !== 'image') return invalid(`The field ${JSON.stringify(name.slice(0, 50))} takes no file.`)
  return isSecond ? invalidImage('There are two files in this field.') : undefined
}

/** One buffer of its own that can be handed to a thread; it grows when the client did not say how much comes. */
class FileBuffer {
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0
  readonly #most: number

  constructor(expected: number, most: number) {
    this.#bytes = new Uint8Array(expected)
    this.#most = most
  }

  append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, Math.min(this.#most, 2 * length)))
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    this.#bytes.set(chunk, this.#length)
    this.#length = length
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }
}

function tooLarge(maxBytes: number): Refusal {
  const megabytes = maxBytes / (1024 * 1024)
  const limit = megabytes >= 1 ? `${Math.floor(megabytes * 10) / 10} MB` : `${maxBytes} bytes`
  return new Refusal('too_large', 'invalid_request', `Invalid parameter image. It may have at most ${limit}.`)
}

function invalid(sentence: string): Refusal {
  return new Refusal('invalid', 'invalid_request', sentence)
}
