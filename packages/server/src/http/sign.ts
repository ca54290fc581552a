import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { signableFormats } from '@countersign/c2pa'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { SCHEMA_FIELDS } from '../domain/creative-work.ts'
import { type SignContentWorld, type SignedImage, signContent } from '../domain/sign-content.ts'
import { acceptsFile } from './accept.ts'
import { type Claim, createBytesInHand } from './bytes-in-hand.ts'
import type { Metrics } from './metrics.ts'
import { AccountError, C2paErrorBody, COMMON_ANSWERS, c2paAnswer, jsonAnswer, multipartBody } from './openapi.ts'
import { C2PA_ERRORS, WRONG_MEDIA_TYPE } from './problem.ts'
import { principalOf } from './route.ts'
import { readSignForm } from './sign-form.ts'

/** What the sign route needs. */
export type SignRouteWorld = {
  readonly world: SignContentWorld
  readonly metrics: Metrics
  readonly maxUploadBytes: number
}

/** The image signing API. */
export function addSignRoute(app: FastifyInstance, { world, metrics, maxUploadBytes }: SignRouteWorld): void {
  const bytesInHand = createBytesInHand(mostInHand(maxUploadBytes))

  async function sign(request: FastifyRequest, reply: FastifyReply, claim: Claim): Promise<FastifyReply> {
    const form = await readSignForm(request.raw, maxUploadBytes, claim)
    const raw = acceptsFile(request.headers.accept)
    const signed = await signContent(world, principalOf(request), {
      image: form.image,
      fileName: form.fileName,
      hashAlgo: form.field('hashAlgo'),
      signAlgo: form.field('signAlgo'),
      signAlgoParams: form.field('signAlgoParams'),
      accountId: form.field('accountId'),
      schemaField: form.field('schemaField'),
      credentialId: form.field('credentialId'),
      pin: form.field('pin'),
      digitalSourceType: form.field('digitalSourceType'),
      title: form.field('title'),
      thumbnail: form.field('thumbnail'),
      timestamp: form.field('timestamp'),
      encoding: raw ? 'bytes' : 'base64',
      address: request.ip,
    })
    metrics.countSignature(signed.algorithm, signed.summary.format)
    reply.header('vary', 'accept')
    return raw ? sendBytes(reply, signed) : sendJson(reply, signed)
  }

  app.register(async (scope) => {
    // The form is read as it streams in; nothing else is taken.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(/^multipart\/form-data/i, (_request, _payload, done) => done(null))
    scope.addContentTypeParser(/^application\/json\s*;.*boundary=/i, (_request, _payload, done) => done(null))

    scope.post(
      '/documentmanager/api/c2pa/v1/sign',
      {
        config: { authentication: 'certificate', permission: 'SIGN_CTM_CONTENT', errors: 'c2pa' },
        schema: SIGN_SCHEMA,
        validatorCompiler: () => () => true,
      },
      async (request, reply) => {
        const claim = bytesInHand.claim()
        const work = sign(request, reply, claim)
        claim.releaseAfter(work, reply.raw)
        return work
      },
    )
  })
}

/** Fifty of the largest files, but not above a gigabyte unless four of them are. */
function mostInHand(maxUploadBytes: number): number {
  return Math.max(4 * maxUploadBytes, Math.min(50 * maxUploadBytes, 2 ** 30))
}

function sendBytes(reply: FastifyReply, { contents, fileName, summary, verdict }: SignedImage): FastifyReply {
  if (!verdict) reply.raw.once('close', () => giveBack(reply.raw, contents))
  const ascii = fileName.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_')
  const encoded = encodeURIComponent(fileName).replaceAll(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return reply
    .type(summary.format)
    .header('content-disposition', `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`)
    .header('x-manifest-label', summary.manifestLabel)
    .header('content-length', summary.size)
    .send(inSlices(contents.map(bufferOf)))
}

/** A megabyte given back at once is one that the collector need not look for. What was verified may be remembered, and is left to it. */
function giveBack(response: ServerResponse, contents: readonly Uint8Array[]): void {
  if (!response.writableFinished) return
  for (const buffer of new Set(contents.map((piece) => piece.buffer)))
    if (buffer instanceof ArrayBuffer) buffer.transfer(0)
}

/** The fields of the answer around the file, which is in base64 already and joins them without being a string again. */
function sendJson(reply: FastifyReply, signed: SignedImage): FastifyReply {
  const before = JSON.stringify({
    file_name: signed.fileName,
    mime_type: signed.summary.format,
    hash_algo: signed.hashAlgo,
    sign_algo: signed.signAlgo,
    encoded_signed_content: '',
  }).slice(0, -2)
  const after = `",${JSON.stringify({ signed_manifest: signed.verdict?.report }).slice(1)}`
  const parts = [Buffer.from(before), ...signed.contents.map(bufferOf), Buffer.from(after)]
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return reply.type('application/json').header('content-length', length).send(inSlices(parts))
}

/** So much is encrypted in one go: the event loop waits for it, and the client decrypts what came before meanwhile. */
const SLICE_BYTES = 128 * 1024

/** The body piece by piece, each once the one before has left. */
function inSlices(parts: readonly Buffer[]): Readable {
  return Readable.from(slices(parts), { objectMode: false, highWaterMark: SLICE_BYTES })
}

function* slices(parts: readonly Buffer[]): Generator<Buffer> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += SLICE_BYTES) yield part.subarray(at, at + SLICE_BYTES)
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** In sentences. */
const LIST = `${signableFormats.slice(0, -1).join(', ')} and ${signableFormats.at(-1)}`

const text = (description: string, examples: readonly string[]) => Type.String({ description, examples: [...examples] })

const SignForm = Type.Object(
  {
    hashAlgo: text(
      'SHA256, SHA384 or SHA512, with or without the dash: the hash of assertions, binding and RSASSA-PSS',
      ['SHA256'],
    ),
    signAlgo: text(
      'Object identifier of RSASSA-PSS, of ECDSA with SHA-256, SHA-384 or SHA-512 (the same hash as hashAlgo), or of Ed25519',
      ['1.2.840.113549.1.1.10', '1.2.840.10045.4.3.2', '1.3.101.112'],
    ),
    signAlgoParams: text('MTIzNDQ=, or the parameters of signAlgo in DER, base64', ['MTIzNDQ=']),
    accountId: text('The id of your account', ['599020de-5ea7-4c0c-ac01-ceb4bb9802b3']),
    image: Type.String({
      format: 'binary',
      description: `An image, video or sound: ${LIST}; its content decides, not its name`,
    }),
    schemaField: text(`One or more of ${SCHEMA_FIELDS.join(', ')}, separated by commas`, ['author,publisher']),
    credentialID: Type.Optional(
      text('Which credential signs, by id or nickname; else one of the account that suits signAlgo', []),
    ),
    PIN: Type.Optional(text("Of a user's own credential; the account's have none", [])),
    digitalSourceType: Type.Optional(
      text('What made the image: a term of the IPTC vocabulary that C2PA allows, or its URL', [
        'trainedAlgorithmicMedia',
      ]),
    ),
    title: Type.Optional(text('The title in the manifest; the name of the signed file without it', [])),
    thumbnail: Type.Optional(text('false leaves the thumbnail out', ['false'])),
    timestamp: Type.Optional(text('false leaves the time stamp out', ['false'])),
  },
  { title: 'SignForm' },
)

const SignedAnswer = Type.Object(
  {
    file_name: Type.String(),
    mime_type: Type.String(),
    hash_algo: Type.String(),
    sign_algo: Type.String(),
    encoded_signed_content: Type.String({ description: 'The signed image in base64' }),
    signed_manifest: Type.String({ description: 'The reader report of the signed image, as JSON in a string' }),
  },
  { title: 'SignedImage' },
)

const binary = { schema: Type.String({ format: 'binary' }) }

const SIGN_SCHEMA = {
  tags: ['Content'],
  operationId: 'signImage',
  summary: 'Sign a file',
  description: `Adds a C2PA manifest to a file and answers with the signed one: in JSON, or as it is where Accept prefers its type to JSON, image/jpeg for one. A file that has a manifest keeps it as an ingredient. What is signed: ${LIST}.`,
  body: multipartBody(SignForm),
  response: {
    200: {
      description: 'The signed image',
      content: {
        'application/json': {
          schema: SignedAnswer,
          examples: {
            signed: {
              summary: 'a signed PNG',
              value: {
                file_name: 'signed-picture.png',
                mime_type: 'image/png',
                hash_algo: 'SHA256',
                sign_algo: '1.2.840.113549.1.1.10',
                encoded_signed_content: 'iVBORw0KGgo…',
                signed_manifest: '{\n "active_manifest": "urn:c2pa:…",\n "validation_state": "Trusted"\n}',
              },
            },
          },
        },
        'image/*': binary,
        'video/*': binary,
        'audio/*': binary,
      },
    },
    400: c2paAnswer('A parameter is missing or wrong', [
      ['invalid_request', 'Invalid parameter credentialID.'],
      ['invalid_request', 'Invalid parameter hashAlgo.'],
      ['invalid_request', 'Missing (or invalid type) string parameter signAlgo.'],
      ['invalid_request', 'Missing (or invalid type) string parameter signAlgoParams.'],
      ['invalid_request', 'The PIN is invalid.'],
      ['invalid_request', 'The PIN is locked.'],
      ['invalid_request', 'Missing (or invalid type) string parameter PIN.'],
      ['invalid_request', `Invalid parameter image. The file is of none of the formats that are signed here: ${LIST}.`],
    ]),
    403: jsonAnswer(
      'No client certificate, or one that does not count; or the user may not sign',
      Type.Union([AccountError, C2paErrorBody]),
      {
        AUTHORIZATION_ERROR: {
          summary: 'No authentication data provided',
          value: { errors: [{ code: 'AUTHORIZATION_ERROR', message: 'No authentication data provided' }] },
        },
        access_denied: {
          summary: 'The user needs the permission SIGN_CTM_CONTENT',
          value: { error: 'access_denied', error_description: 'The user needs the permission SIGN_CTM_CONTENT' },
        },
      },
    ),
    413: c2paAnswer('The file is too large', [
      ['invalid_request', 'Invalid parameter image. It may have at most 20 MB.'],
    ]),
    415: c2paAnswer('The body is no multipart form', [['invalid_request', WRONG_MEDIA_TYPE.c2pa]]),
    500: c2paAnswer('The platform, or what it depends on, failed', [
      [C2PA_ERRORS.server[1], C2PA_ERRORS.server[2]],
      [C2PA_ERRORS.upstream[1], C2PA_ERRORS.upstream[2]],
      [C2PA_ERRORS.unavailable[1], C2PA_ERRORS.unavailable[2]],
    ]),
    504: c2paAnswer('The time-stamp authority took too long', [[C2PA_ERRORS.timeout[1], C2PA_ERRORS.timeout[2]]]),
    ...COMMON_ANSWERS,
  },
}
