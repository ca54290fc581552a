import { C2paError, type C2paErrorCode, checkSignable, detectFormat, type MediaType } from '@countersign/c2pa'
import { encodeHex } from '@countersign/codec'
import type { SignatureAlgorithm } from '@countersign/pki'
import { stapledOcspResponse } from './answer-ocsp.ts'
import type { Principal } from './authenticate.ts'
import type { ContentEngine, SignedContent, SignedSummary, ThumbnailMaker } from './content-engine.ts'
import { creativeWork, schemaFields } from './creative-work.ts'
import { digitalSourceType } from './digital-source-type.ts'
import { auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import { type RequestedSignature, signatureParameters } from './signature-parameters.ts'
import { type SigningCredential, signingCredential } from './signing-credential.ts'
import { trustLists } from './trust-settings.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** What signing content needs of everything around it. */
export type SignContentWorld = World & {
  readonly contentEngine: ContentEngine
  readonly makeThumbnail: ThumbnailMaker
  /** Gets a TimeStampReq and gives a TimeStampResp: the platform's own authority, or an outside one. */
  readonly requestTimeStamp: (request: Uint8Array) => Promise<Uint8Array>
  /** The software that claims name as their generator. */
  readonly generator: { readonly name: string; readonly version: string }
  /** Leaves out what the C2PA conformance program forbids. */
  readonly isC2paStrict: boolean
}

/** A file as it came, with its SHA-256, which was made while it came. */
export type UploadedImage = { readonly bytes: Uint8Array<ArrayBuffer>; readonly hash: Uint8Array }

/** What a client wants signed and how; texts as it sent them. */
export type SignContentRequest = RequestedSignature & {
  readonly accountId: string | undefined
  readonly schemaField: string | undefined
  readonly image: UploadedImage | undefined
  /** The name that the client gave the file. */
  readonly fileName: string | undefined
  readonly credentialId: string | undefined
  readonly pin: string | undefined
  readonly digitalSourceType: string | undefined
  readonly title: string | undefined
  readonly thumbnail: string | undefined
  readonly timestamp: string | undefined
  readonly encoding: 'bytes' | 'base64'
  /** From where it came. */
  readonly address: string | undefined
}

/** A signed image, with what the answer says about it. */
export type SignedImage = SignedContent & {
  readonly fileName: string
  readonly hashAlgo: string
  readonly signAlgo: string
  readonly algorithm: SignatureAlgorithm
}

/** Checks the request, signs the image with a credential of the caller's account, and records it; what is reported is what a verifier found. */
export async function signContent(
  world: SignContentWorld,
  principal: Principal,
  request: SignContentRequest,
): Promise<SignedImage> {
  const { account, user } = principal
  const parameters = signatureParameters(request)
  checkAccount(account.id, request.accountId)
  const fields = schemaFields(request.schemaField)
  const source = request.digitalSourceType
    ? digitalSourceType(request.digitalSourceType)
    : account.defaultDigitalSourceType
  const title = titleOf(request.title)
  const wantsThumbnail = flag('thumbnail', request.thumbnail)
  const wantsTimeStamp = flag('timestamp', request.timestamp)
  const credential = await signingCredential(world, principal, parameters, {
    named: request.credentialId?.trim() || undefined,
    pin: request.pin || undefined,
  })
  if (!request.image) throw invalidImage('A file is needed in this field.')
  const { bytes: image, hash: imageHash } = request.image
  if (image.length === 0) throw invalidImage('The file is empty.')
  // Before anything else reads it: what makes thumbnails knows many more formats, and some of them can draw for long.
  checkFormat(image)

  const fileName = signedFileName(request.fileName)
  const signed = await signWith(world, credential, {
    image,
    imageHash,
    hashAlgorithm: parameters.hashAlgorithm,
    title: title ?? fileName,
    parentTitle: fileName.slice('signed-'.length),
    generator: world.generator,
    digitalSourceType: source,
    thumbnail: wantsThumbnail && isDrawn(image) ? await world.makeThumbnail(image) : undefined,
    assertions: world.isC2paStrict
      ? []
      : [{ label: 'stds.schema-org', data: creativeWork(account.name, fields, world.generator.name) }],
    timeStamp: wantsTimeStamp ? world.requestTimeStamp : undefined,
    encoding: request.encoding,
    isReported: request.encoding === 'base64',
    onSigned: (summary) => record(world, principal, credential, request.address, summary),
  })
  const { verdict } = signed
  // By whom an authority elsewhere is believed is not ours to say.
  const isOurs = credential.certificate.issued !== undefined
  if (verdict && (isOurs ? verdict.state !== 'Trusted' : verdict.state === 'Invalid')) {
    throw new Error(`the signed file of ${user.id} is not Trusted but ${verdict.state}: ${verdict.report}`)
  }
  return {
    ...signed,
    fileName,
    hashAlgo: parameters.hashAlgorithm.toUpperCase(),
    signAlgo: (request.signAlgo as string).trim(),
    algorithm: parameters.algorithm,
  }
}

/** Of these there are thumbnails. What is drawn from instructions, as an SVG is, can take any time. */
const DRAWN: ReadonlySet<string | undefined> = new Set<MediaType>([
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
  'image/tiff',
  'image/avif',
])

/** Whether there are thumbnails of it. */
export function isDrawn(image: Uint8Array): boolean {
  return DRAWN.has(detectFormat(image))
}

function checkFormat(image: Uint8Array): void {
  try {
    checkSignable(image)
  } catch (error) {
    throw error instanceof C2paError ? invalidImage(error.message) : error
  }
}

type Content = Omit<Parameters<ContentEngine['sign']>[0], 'signer' | 'certificates' | 'trust' | 'ocspResponses' | 'now'>

async function signWith(
  world: SignContentWorld,
  credential: SigningCredential,
  content: Content,
): Promise<SignedContent> {
  const { signer, certificate } = credential
  try {
    return await world.contentEngine.sign({
      ...content,
      signer,
      certificates: certificate.chain,
      ocspResponses: certificate.issued ? [await stapledOcspResponse(world, certificate.issued)] : [],
      trust: await trustLists(world),
      now: world.now(),
    })
  } catch (error) {
    if (!(error instanceof C2paError)) throw error
    if (IMAGE_FAULTS.has(error.code)) throw invalidImage(error.message)
    if (error.code === 'time_stamp') {
      throw new Refusal('upstream', 'upstream_service_error', 'The time-stamp authority failed.', { cause: error })
    }
    throw error
  }
}

/** The faults of signing that lie in the file that came. */
const IMAGE_FAULTS: ReadonlySet<C2paErrorCode> = new Set<C2paErrorCode>([
  'unsupported_format',
  'malformed_asset',
  'multiple_manifest_stores',
  'malformed_manifest',
  'malformed_jumbf',
  'malformed_cbor',
  'malformed_cose',
  'too_large',
])

/** The record of a signature and its audit event, on the disk when this resolves. */
async function record(
  { store, now }: World,
  { account, user }: Principal,
  { credential, certificate }: SigningCredential,
  address: string | undefined,
  summary: SignedSummary,
): Promise<void> {
  const at = now()
  const { format, manifestLabel, inputHash, outputHash, size } = summary
  const id = uuidV7(at)
  await store.signatures.record(
    {
      id,
      accountId: account.id,
      userId: user.id,
      credentialId: credential.id,
      certificateId: certificate.id,
      address,
      asset: { inputHash, outputHash, manifestLabel, format, size },
      signedHash: undefined,
      createdAt: at,
    },
    auditEvent(
      at,
      { kind: 'user', id: user.id, accountId: account.id },
      {
        action: 'content.sign',
        resourceType: 'signature',
        resourceId: id,
        details: {
          credentialId: credential.id,
          manifestLabel,
          format,
          size,
          inputHash: encodeHex(inputHash),
          outputHash: encodeHex(outputHash),
        },
      },
    ),
  )
}

function checkAccount(own: string, given: string | undefined): void {
  if (given === undefined || given.trim() === '') {
    throw new Refusal('invalid', 'invalid_request', 'Missing (or invalid type) string parameter accountId.')
  }
  // The same words for an account of others and for none at all.
  if (given.trim().toLowerCase() !== own)
    throw new Refusal('invalid', 'invalid_request', 'Invalid parameter accountId.')
}

/** The refusal of an image, which says what is wrong with it. */
export function invalidImage(what: string): Refusal {
  return new Refusal('invalid', 'invalid_request', `Invalid parameter image. ${what}`)
}

const MOST_TITLE = 500

function titleOf(text: string | undefined): string | undefined {
  const title = text?.trim()
  if (!title) return undefined
  if (title.length <= MOST_TITLE && !/\p{Cc}/u.test(title)) return title
  throw new Refusal(
    'invalid',
    'invalid_request',
    `Invalid parameter title. It has at most ${MOST_TITLE} characters, none of them a control character.`,
  )
}

function flag(name: string, text: string | undefined): boolean {
  const value = text?.trim().toLowerCase() ?? ''
  if (value === '' || value === 'true') return true
  if (value === 'false') return false
  throw new Refusal('invalid', 'invalid_request', `Invalid parameter ${name}. It is true or false.`)
}

const MOST_FILE_NAME = 200

/** The name of the signed file: that of the file that came, without folders and what no file system likes. */
export function signedFileName(name: string | undefined): string {
  const base = (name ?? '').split(/[/\\]/).at(-1) as string
  const clean = base.replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}<>:"|?*]/gu, '').replace(/^[. ]+/, '')
  const end = clean.lastIndexOf('.')
  const extension = end > 0 ? clean.slice(end).slice(0, 10) : ''
  const stem = (end > 0 ? clean.slice(0, end) : clean).slice(0, MOST_FILE_NAME - extension.length)
  return `signed-${whole(stem) || 'image'}${whole(extension)}`
}

/** Without the halves of characters that cutting leaves. */
function whole(text: string): string {
  return text.toWellFormed().replaceAll('\uFFFD', '')
}
