import type { IncomingMessage } from 'node:http'
import { createHash } from '@countersign/pki'
import { Refusal } from '../domain/refusal.ts'
import { invalidImage, type UploadedImage } from '../domain/sign-content.ts'
import type { Claim } from './bytes-in-hand.ts'
import { boundaryOf, createMultipartParser, MultipartError, type Part, type PartSink } from './multipart.ts'

/** A form as it came: its fields, and its one file. */
export type SignForm = {
  readonly image: UploadedImage | undefined
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

/** Reads the form as it streams in; what is too large is refused before all of it has come. `claim` counts the file. */
export async function readSignForm(
  request: IncomingMessage,
  maxUploadBytes: number,
  claim: Pick<Claim, 'add'>,
): Promise<SignForm> {
  // Whoever left meanwhile sends nothing more, not even an event.
  if (request.destroyed) throw invalid('The form is cut short.')
  const declared = Number(request.headers['content-length'] ?? Number.NaN)
  if (declared > maxUploadBytes + MOST_PARTS * (MOST_FIELD_BYTES + 1_024)) throw tooLarge(maxUploadBytes)
  // Clients that follow the documented headers send a form as application/json with a boundary.
  const boundary = boundaryOf(request.headers['content-type'] ?? '')
  if (!boundary) throw invalid('The body is no multipart form: its boundary is missing.')
  try {
    return await collect(request, boundary, declared, maxUploadBytes, claim)
  } finally {
    // What is left of a refused form still comes in: it is passed over, so that the client gets to read the answer.
    request.resume()
  }
}

function collect(
  request: IncomingMessage,
  boundary: string,
  declared: number,
  maxUploadBytes: number,
  claim: Pick<Claim, 'add'>,
): Promise<SignForm> {
  const fields = new Map<SignField, string>()
  let image: FileBuffer | undefined
  let fileName: string | undefined

  function open(part: Part): PartSink {
    if (!isFile(part)) return textField(fields, part.name)
    const fault = fileFault(part.name, image !== undefined)
    if (fault) throw fault
    const expected = Number.isFinite(declared) ? Math.min(declared, maxUploadBytes) : 65_536
    image = new FileBuffer(expected, maxUploadBytes, claim)
    fileName = part.fileName
    return image
  }

  const parser = createMultipartParser(boundary, MOST_PARTS, open)
  return new Promise((resolve, reject) => {
    const guarded = (step: () => void): void => {
      try {
        step()
      } catch (error) {
        request.removeAllListeners('data')
        reject(error instanceof MultipartError ? damaged(error) : error)
      }
    }
    request.on('data', (chunk: Buffer) => guarded(() => parser.write(chunk)))
    request.on('end', () =>
      guarded(() => {
        parser.end()
        resolve({ image: image?.image(), fileName, field: (name) => fields.get(name) })
      }),
    )
    request.on('error', reject)
    request.on('close', () => {
      if (!request.readableEnded) reject(invalid('The form is cut short.'))
    })
  })
}

function damaged(cause: MultipartError): Refusal {
  const what = cause.code === 'truncated' ? 'cut short' : cause.code === 'malformed' ? 'damaged' : 'too long'
  return new Refusal('invalid', 'invalid_request', `The form is ${what}: ${cause.message}.`, { cause })
}

/** By its name, or by a type that no text has. */
function isFile({ fileName, contentType = 'text/plain' }: Part): boolean {
  return fileName !== undefined || contentType === 'application/octet-stream' || contentType.startsWith('image/')
}

/** A text field, refused at once when it can't be right. */
function textField(fields: Map<SignField, string>, sentName: string): PartSink {
  const key = sentName.toLowerCase()
  if (key === 'image') throw invalidImage('It is to be a file, not a text.')
  const name = Object.hasOwn(FIELDS, key) ? FIELDS[key as keyof typeof FIELDS] : undefined
  if (name && fields.has(name)) throw invalid(DOUBLED[name] ?? `Invalid parameter ${name}. It came twice.`)
  const pieces: Buffer[] = []
  let length = 0
  return {
    data(bytes) {
      // Fields that only other versions of the API know are passed over.
      if (!name) return
      length += bytes.length
      if (length > MOST_FIELD_BYTES) throw invalid(DOUBLED[name] ?? `Invalid parameter ${name}. It is too long.`)
      pieces.push(Buffer.from(bytes))
    },
    end() {
      if (name) fields.set(name, Buffer.concat(pieces).toString('utf8'))
    },
  }
}

function fileFault(name: string, isSecond: boolean): Refusal | undefined {
  if (name.toLowerCase() !== 'image') return invalid(`The field ${JSON.stringify(name.slice(0, 50))} takes no file.`)
  return isSecond ? invalidImage('There are two files in this field.') : undefined
}

/** One buffer of its own that can be handed to a thread; it grows when the client did not say how much comes. */
class FileBuffer implements PartSink {
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0
  readonly #hash = createHash('sha256')
  readonly #most: number
  readonly #claim: Pick<Claim, 'add'>

  constructor(expected: number, most: number, claim: Pick<Claim, 'add'>) {
    this.#bytes = new Uint8Array(expected)
    this.#most = most
    this.#claim = claim
  }

  data(chunk: Uint8Array): void {
    const length = this.#length + chunk.length
    if (length > this.#most) throw tooLarge(this.#most)
    this.#claim.add(chunk.length)
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, Math.min(this.#most, 2 * length)))
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    this.#bytes.set(chunk, this.#length)
    // While the next piece is on its way: once all is there, the client waits for every hash.
    this.#hash.update(chunk)
    this.#length = length
  }

  end(): void {}

  image(): UploadedImage {
    return { bytes: this.#bytes.subarray(0, this.#length), hash: this.#hash.digest() }
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
