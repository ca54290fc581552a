import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { Refusal } from '../domain/refusal.ts'
import { REPORT_STYLES } from '../domain/verification-engine.ts'
import { reportStyle, type VerifyContentWorld, verifyContent } from '../domain/verify-content.ts'
import { type Claim, closed, createBytesInHand } from './bytes-in-hand.ts'
import type { Metrics } from './metrics.ts'
import { AccountError, COMMON_ANSWERS, c2paAnswer, jsonAnswer, multipartBody } from './openapi.ts'
import { C2PA_ERRORS, REQUEST_LIMIT, WRONG_MEDIA_TYPE } from './problem.ts'
import { createRateLimiter, type Visit, visitorOf } from './rate-limit.ts'
import { NO_FILE, readVerifyForm } from './verify-form.ts'

/** What the verify route needs. */
export type VerifyRouteWorld = {
  readonly world: VerifyContentWorld
  readonly metrics: Metrics
  readonly maxUploadBytes: number
  /** How many files a minute one address may have verified; 0 for as many as it likes. */
  readonly verificationsAMinute: number
}

/** Uploads that a slow client holds count too. */
const AT_ONCE = 8
/** What of a thread's time counts as one verification; real files take less. */
const MILLISECONDS_OF_ONE = 250

/** The verification API. It is for everybody: who shows no certificate is counted by address. */
export function addVerifyRoute(app: FastifyInstance, options: VerifyRouteWorld): void {
  const { world, metrics, maxUploadBytes, verificationsAMinute } = options
  const bytesInHand = createBytesInHand(mostInHand(maxUploadBytes))
  const limiter = createRateLimiter({ aMinute: verificationsAMinute, atOnce: AT_ONCE })

  function visit({ principal, raw }: FastifyRequest): Visit | undefined {
    return principal || verificationsAMinute === 0 ? undefined : limiter.enter(visitorOf(raw.socket.remoteAddress))
  }

  async function verify(
    request: FastifyRequest,
    reply: FastifyReply,
    claim: Claim,
    onSpent: (milliseconds: number) => void,
  ): Promise<FastifyReply> {
    const { format: wanted } = request.query as { readonly format?: unknown }
    const style = reportStyle(wanted === undefined ? undefined : String(wanted))
    const bytes = await readVerifyForm(request.raw, maxUploadBytes, claim)
    const size = bytes.length
    const { state, format, report } = await verifyContent(world, { bytes, style, onSpent }, leaving(reply))
    // It may be longer than the file, and stays until its reader has taken it.
    claim.add(report.length)
    metrics.countVerification(state, format ?? 'unknown')
    request.log.info({ state, format, size }, 'verified')
    return reply.type('application/json').send(Buffer.from(report.buffer, report.byteOffset, report.byteLength))
  }

  app.register(async (scope) => {
    // The form is read as it streams in; nothing else is taken.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(/^multipart\/form-data/i, (_request, _payload, done) => done(null))

    scope.post(
      '/documentmanager/api/c2pa/v1/verify',
      {
        config: { authentication: 'open', errors: 'c2pa' },
        schema: VERIFY_SCHEMA,
        validatorCompiler: () => () => true,
      },
      async (request, reply) => {
        const visitor = visit(request)
        const claim = bytesInHand.claim()
        const work = verify(request, reply, claim, (milliseconds) =>
          visitor?.charge(Math.max(0, milliseconds / MILLISECONDS_OF_ONE - 1)),
        )
        claim.releaseAfter(work, reply.raw)
        void Promise.allSettled([work, closed(reply.raw)]).then(() => visitor?.leave())
        return work
      },
    )
  })
}

/** Twenty of the largest files, but not above half a gigabyte unless two of them are: signing has memory of its own. */
function mostInHand(maxUploadBytes: number): number {
  return Math.max(2 * maxUploadBytes, Math.min(20 * maxUploadBytes, 2 ** 29))
}

/** Tells when the client leaves before its answer. */
function leaving({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  const left = (): void =>
    controller.abort(new Refusal('invalid', 'invalid_request', 'The client left before its answer.'))
  if (raw.destroyed) left()
  else raw.once('close', left)
  return controller.signal
}

const VerifyForm = Type.Object(
  {
    image: Type.String({
      format: 'binary',
      description: 'The file, of any format that is known here; the field may be called file or asset too',
    }),
  },
  { title: 'VerifyForm' },
)

const VerifyQuery = Type.Object({
  format: Type.Optional(
    Type.Enum([...REPORT_STYLES], {
      type: 'string',
      description: "The reader report, as c2pa-rs gives it, or the conformance program's crJSON",
      default: 'reader',
    }),
  ),
})

const Report = Type.Object(
  {
    active_manifest: Type.Optional(Type.String()),
    manifests: Type.Object({}, { additionalProperties: true }),
    validation_status: Type.Optional(
      Type.Array(Type.Object({ code: Type.String(), url: Type.String(), explanation: Type.String() })),
    ),
    validation_results: Type.Object({}, { additionalProperties: true }),
    validation_state: Type.Enum(['Trusted', 'Valid', 'Invalid'], { type: 'string' }),
  },
  { title: 'ReaderReport', additionalProperties: true },
)

const CrJson = Type.Object(
  {
    '@context': Type.Object({}, { additionalProperties: true }),
    manifests: Type.Array(Type.Object({}, { additionalProperties: true })),
    jsonGenerator: Type.Object({ name: Type.String(), version: Type.String() }),
  },
  { title: 'CrJson', additionalProperties: true },
)

const VERIFY_SCHEMA = {
  tags: ['Content'],
  operationId: 'verifyFile',
  summary: 'Verify a file',
  description:
    'Says who signed a file, when, from what, and what is wrong with it, by the trust settings of the platform. Needs no account; on the mutual-TLS host the certificate is asked for as on every address there. A file without Content Credentials, or of an unknown format, has a report that says so. Nothing of the file is kept.',
  querystring: VerifyQuery,
  body: multipartBody(VerifyForm),
  response: {
    200: jsonAnswer('The report', Type.Union([Report, CrJson]), {
      reader: {
        summary: 'a file that was changed after it was signed',
        value: {
          active_manifest: 'urn:c2pa:…',
          manifests: {},
          validation_status: [
            {
              code: 'assertion.dataHash.mismatch',
              url: 'self#jumbf=/c2pa/urn:c2pa:…/c2pa.assertions/c2pa.hash.data',
              explanation: 'asset hash error',
            },
          ],
          validation_results: { activeManifest: { success: [], informational: [], failure: [] } },
          validation_state: 'Invalid',
        },
      },
      crjson: {
        summary: 'as crJSON, a file without Content Credentials',
        value: {
          '@context': { '@vocab': 'https://c2pa.org/crjson', extras: 'https://c2pa.org/crjson/extras' },
          manifests: [],
          jsonGenerator: { name: 'Countersign', version: '0.1.0' },
          'extras:validationResults': {
            success: [],
            informational: [],
            failure: [{ code: 'claim.missing', url: 'self#jumbf=/c2pa', explanation: 'there is no manifest store' }],
          },
        },
      },
    }),
    400: c2paAnswer('There is no file, or one that takes too long', [
      ['invalid_request', `Invalid parameter image. ${NO_FILE}`],
      ['invalid_request', 'Invalid parameter format. It is reader or crjson.'],
      [
        'invalid_request',
        'Invalid parameter image. Its verification was ended: it takes longer than the 10 seconds that it is given.',
      ],
    ]),
    403: jsonAnswer('On the mutual-TLS host: no client certificate, or one that does not count', AccountError, {
      AUTHORIZATION_ERROR: {
        summary: 'No authentication data provided',
        value: { errors: [{ code: 'AUTHORIZATION_ERROR', message: 'No authentication data provided' }] },
      },
    }),
    413: c2paAnswer('The file is too large', [
      ['invalid_request', 'Invalid parameter image. It may have at most 20 MB.'],
    ]),
    415: c2paAnswer('The body is no multipart form', [['invalid_request', WRONG_MEDIA_TYPE.c2pa]]),
    429: c2paAnswer('Too many files from one address; Retry-After says when to come again', [
      [REQUEST_LIMIT, 'There were too many requests from your address. Try again in 12 seconds.'],
    ]),
    500: c2paAnswer('The platform failed, or has too much to do', [
      [C2PA_ERRORS.server[1], C2PA_ERRORS.server[2]],
      [C2PA_ERRORS.unavailable[1], C2PA_ERRORS.unavailable[2]],
    ]),
    ...COMMON_ANSWERS,
  },
}
