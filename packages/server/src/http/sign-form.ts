import type { IncomingMessage } from 'node:http'
import { createHash, oids } from '@countersign/pki'
import type { Refusal } from '../domain/refusal.ts'
import { invalidImage, type UploadedImage } from '../domain/sign-content.ts'
import { PLACEHOLDER_PARAMETERS } from '../domain/signature-parameters.ts'
import type { Claim } from './bytes-in-hand.ts'
import { FileBuffer } from './file-buffer.ts'
import { invalidForm, isFile, MOST_FIELD_BYTES, readForm } from './form.ts'
import type { PartSink } from './multipart.ts'

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
  role: 'role',
  credentialid: 'credentialId',
  pin: 'pin',
  digitalsourcetype: 'digitalSourceType',
  title: 'title',
  thumbnail: 'thumbnail',
  timestamp: 'timestamp',
} as const

/** A text field of the form. */
export type SignField = (typeof FIELDS)[keyof typeof FIELDS]

/** What newer clients leave unsaid: they send `accountId`, `role` and the file as `file`, and no word of the signature. */
const UNSAID: Partial<Record<SignField, string>> = {
  hashAlgo: 'SHA256',
  signAlgo: oids.ecdsaWithSHA256,
  signAlgoParams: PLACEHOLDER_PARAMETERS,
}

/** What is said of a field that came twice; the sentences of those that the API documents are its own. */
const DOUBLED: Partial<Record<SignField, string>> = {
  hashAlgo: 'Invalid parameter hashAlgo.',
  signAlgo: 'Missing (or invalid type) string parameter signAlgo.',
  signAlgoParams: 'Missing (or invalid type) string parameter signAlgoParams.',
  credentialId: 'Invalid parameter credentialID.',
  pin: 'The PIN is invalid.',
}

/** Reads the form as it streams in; what is too large is refused before all of it has come. `claim` counts the file. */
export async function readSignForm(
  request: IncomingMessage,
  maxUploadBytes: number,
  claim: Pick<Claim, 'add'>,
): Promise<SignForm> {
  const fields = new Map<SignField, string>()
  let image: HashedFile | undefined
  let fileName: string | undefined
  let isNewer = false
  await readForm(request, { field: 'image', maxBytes: maxUploadBytes }, (part, bounds) => {
    if (!isFile(part)) return textField(fields, part.name)
    const fault = fileFault(part.name, image !== undefined)
    if (fault) throw fault
    image = new HashedFile(new FileBuffer(bounds, claim))
    fileName = part.fileName
    isNewer = part.name.toLowerCase() === 'file'
    return image
  })
  const said = (name: SignField): string | undefined => fields.get(name)
  const unsaid = (name: SignField): string | undefined =>
    name === 'schemaField' ? (said('role') ?? 'publisher') : UNSAID[name]
  return { image: image?.image(), fileName, field: (name) => said(name) ?? (isNewer ? unsaid(name) : undefined) }
}

/** A text field, refused at once when it can't be right. */
function textField(fields: Map<SignField, string>, sentName: string): PartSink {
  const key = sentName.toLowerCase()
  if (key === 'image') throw invalidImage('It is to be a file, not a text.')
  const name = Object.hasOwn(FIELDS, key) ? FIELDS[key as keyof typeof FIELDS] : undefined
  if (name && fields.has(name)) throw invalidForm(DOUBLED[name] ?? `Invalid parameter ${name}. It came twice.`)
  const pieces: Buffer[] = []
  let length = 0
  return {
    data(bytes) {
      // Fields that only other versions of the API know are passed over.
      if (!name) return
      length += bytes.length
      if (length > MOST_FIELD_BYTES) throw invalidForm(DOUBLED[name] ?? `Invalid parameter ${name}. It is too long.`)
      pieces.push(Buffer.from(bytes))
    },
    end() {
      if (name) fields.set(name, Buffer.concat(pieces).toString('utf8'))
    },
  }
}

function fileFault(name: string, isSecond: boolean): Refusal | undefined {
  if (!['image', 'file'].includes(name.toLowerCase()))
    return invalidForm(`The field ${JSON.stringify(name.slice(0, 50))} takes no file.`)
  return isSecond ? invalidImage('There are two files in this field.') : undefined
}

/** So much is hashed at once: it is in the cache still, and each call takes its time however little it hashes. */
const HASHED_AT_ONCE = 128 * 1024

/** A file that is hashed while it comes in: once all is there, the client waits for every hash. */
class HashedFile implements PartSink {
  readonly #file: FileBuffer
  readonly #hash = createHash('sha256')
  #hashed = 0

  constructor(file: FileBuffer) {
    this.#file = file
  }

  data(chunk: Uint8Array): void {
    this.#file.data(chunk)
    if (this.#file.length >= this.#hashed + HASHED_AT_ONCE) this.#hashRest()
  }

  end(): void {
    this.#hashRest()
  }

  image(): UploadedImage {
    return { bytes: this.#file.bytes(), hash: this.#hash.digest() }
  }

  #hashRest(): void {
    this.#hash.update(this.#file.bytes().subarray(this.#hashed))
    this.#hashed = this.#file.length
  }
}
