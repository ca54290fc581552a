import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import type { RevocationReason } from '../domain/certificate.ts'
import {
  CERTIFICATE_FORMATS,
  type CertificateFormat,
  certificateAs,
  findDeviceCertificate,
  listDeviceCertificates,
  releaseDeviceCertificate,
  revokeDeviceCertificate,
} from '../domain/manage-device-certificates.ts'
import { Refusal } from '../domain/refusal.ts'
import { requestCertificate } from '../domain/request-certificate.ts'
import type { World } from '../domain/world.ts'
import { apiApplicant } from './api-applicant.ts'
import { declinedAnswers } from './declined.ts'
import { askedOf, attributesOf, CertificateParams, EnrollBody, keyWishOf } from './device-certificate.ts'
import {
  DeviceCertificateFilter,
  DeviceCertificateList,
  DeviceCertificateView,
  deviceCertificateQuery,
  deviceCertificateView,
  deviceCertificateViews,
  EXAMPLE_DEVICE_CERTIFICATE,
  REVOCATION_REASONS,
  requireKnownFilters,
} from './device-certificate-view.ts'
import { answerOutcome, EXAMPLE_ENROLLED, OUTCOME_ANSWER } from './enrolled-answer.ts'
import { IdempotencyHeaders, idempotentRequestOf, REUSED_KEY } from './idempotency.ts'
import { AccountError, accountAnswer, jsonAnswer } from './openapi.ts'
import { principalOf } from './route.ts'

const PATH = '/iot/api/v1/certificate'
const PERMISSION = 'MANAGE_IOT_CERTIFICATE'
const VIEW = 'VIEW_IOT_CERTIFICATE'

type WithId = { Params: { id: string } }

/** Certificates of devices: requested with a CSR or with a key that is made here, looked for, downloaded, revoked. */
export function addDeviceCertificateRoutes(app: FastifyInstance, world: World): void {
  app.post<{ Body: Static<typeof EnrollBody> }>(
    PATH,
    { config: { permission: PERMISSION, alsoFor: ['passcode', 'authentication_certificate'] }, schema: ENROLL_SCHEMA },
    async (request, reply) => {
      const { body } = request
      const { applicant, enrollmentProfileId } = apiApplicant(world, request, body.enrollment_profile_id ?? undefined)
      const outcome = await requestCertificate(
        world,
        applicant,
        {
          enrollmentProfileId,
          attributes: attributesOf(body.certificate_profile_attributes),
          deviceAttributes: attributesOf(body.device_attributes),
          key: keyWishOf(body),
          includesChain: body.include_certificate_chain ?? true,
        },
        idempotentRequestOf(request, 'enrollCertificate', askedOf(body)),
      )
      return answerOutcome(reply, outcome, body)
    },
  )

  app.get<{ Querystring: Static<typeof DeviceCertificateFilter> }>(
    PATH,
    { config: { permission: VIEW }, schema: LIST_SCHEMA },
    async (request) => {
      requireKnownFilters(request.url)
      const query = deviceCertificateQuery(request.query)
      const { total, isTotalExact, records } = await listDeviceCertificates(world, principalOf(request), query)
      return {
        limit: query.limit,
        offset: query.offset,
        total,
        total_is_exact: isTotalExact,
        records: await deviceCertificateViews(records, world.now()),
      }
    },
  )

  app.get<WithId>(`${PATH}/:id`, { config: { permission: VIEW }, schema: FIND_SCHEMA }, async (request) =>
    deviceCertificateView(await findDeviceCertificate(world, principalOf(request), request.params.id), world.now()),
  )

  app.get<WithId & { Querystring: Static<typeof DownloadQuery> }>(
    `${PATH}/:id/download`,
    { config: { permission: VIEW }, schema: DOWNLOAD_SCHEMA },
    async (request, reply) => {
      const format = oneOf('format', request.query.format ?? 'pem', CERTIFICATE_FORMATS)
      const found = await findDeviceCertificate(world, principalOf(request), request.params.id)
      const [type, extension] = DOWNLOADS[format]
      return reply
        .type(type)
        .header('content-disposition', `attachment; filename="certificate.${extension}"`)
        .send(Buffer.from(certificateAs(format, found)))
    },
  )

  app.put<WithId & { Body: Static<typeof RevokeBody> }>(
    `${PATH}/:id/revoke`,
    { config: { permission: PERMISSION }, schema: REVOKE_SCHEMA },
    async (request, reply) => {
      const { reason, revocation_date: date, comments } = request.body
      await revokeDeviceCertificate(world, principalOf(request), request.params.id, {
        reason: oneOf<RevocationReason>('reason', reason, REVOCATION_REASONS),
        date: date ? momentOf('revocation_date', date) : undefined,
        comments: comments ?? undefined,
      })
      return reply.status(204).send()
    },
  )

  app.put<WithId>(
    `${PATH}/:id/release`,
    { config: { permission: PERMISSION }, schema: RELEASE_SCHEMA },
    async (request, reply) => {
      await releaseDeviceCertificate(world, principalOf(request), request.params.id)
      return reply.status(204).send()
    },
  )
}

const DOWNLOADS: Readonly<Record<CertificateFormat, readonly [type: string, extension: string]>> = {
  pem: ['application/x-pem-file', 'pem'],
  der: ['application/pkix-cert', 'cer'],
  pkcs7: ['application/pkcs7-mime', 'p7b'],
  chain: ['application/x-pem-file', 'pem'],
}

const DownloadQuery = Type.Object({
  format: Type.Optional(
    Type.String({
      description: 'pem (when left out), der, pkcs7 (with its authorities, DER), or chain (with its authorities, PEM)',
    }),
  ),
})

const RevokeBody = Type.Object(
  {
    reason: Type.String({ description: `${REVOCATION_REASONS.join(', ')}; certificate_hold can be released` }),
    revocation_date: Type.Optional(
      Type.Union([Type.String(), Type.Null()], {
        description: 'From when on it does not count: ISO 8601, not before it began and not to come. Now when left out',
      }),
    ),
    comments: Type.Optional(
      Type.Union([Type.String({ maxLength: 1_024 }), Type.Null()], { description: 'For the audit log' }),
    ),
  },
  { title: 'RevokeDeviceCertificate' },
)

/** One of some words, in any case. */
function oneOf<Word extends string>(field: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text.toLowerCase())
  if (found) return found
  throw new Refusal('invalid', 'invalid_request', `${field}: one of ${words.join(', ')}.`)
}

const MOMENT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2}))?$/

function momentOf(field: string, text: string): Date {
  const at = new Date(MOMENT.test(text) ? text : Number.NaN)
  // 30 February would become a day in March.
  const day = new Date(text.slice(0, 10))
  if (!Number.isNaN(at.getTime()) && day.toISOString().startsWith(text.slice(0, 10))) return at
  throw new Refusal('invalid', 'invalid_request', `${field}: a moment as 2026-11-23T08:00:00Z.`)
}

const INVALID = {
  missing_field:
    'certificate_profile_attributes: subject.common_name is missing: the profile requires it, here or in the CSR.',
  weak_key: 'csr: it has an RSA key of a generator that is known to be broken (ROCA).',
  key_of_another_type: 'csr: its key is not accepted: p_256, p_384 are.',
  no_proof: 'csr: its signature is not by its own key, or by an algorithm that is no longer accepted.',
  password: 'pkcs12_password: 6 to 20 characters of A-Z, a-z and 0-9; pkcs_12 takes one.',
  encryption_certificate: 'encryption_certificate: it ended at 2026-11-22T00:00:00.000Z.',
}
const BINARY = { schema: { type: 'string', format: 'binary' } }

const ENROLL_SCHEMA = {
  tags: ['Device certificates'],
  operationId: 'enrollCertificate',
  summary: 'Request a certificate for a device',
  description:
    'By a certification request (csr), or with a key pair that is made here (server_side_key_gen) and is in the answer and nowhere else. Names and extensions are those that the profile allows.',
  headers: IdempotencyHeaders,
  body: EnrollBody,
  response: {
    200: OUTCOME_ANSWER,
    400: jsonAnswer(
      'Something in the request',
      AccountError,
      Object.fromEntries(
        Object.entries(INVALID).map(([name, message]) => [
          name,
          { summary: message, value: { errors: [{ code: 'invalid_request', message }] } },
        ]),
      ),
    ),
    404: accountAnswer(
      'There is no such profile in the account',
      'enrollment_profile_not_found',
      'There is no such enrollment profile.',
    ),
    409: accountAnswer(
      'The profile has no certificates now, or none for the device, or the Idempotency-Key was used before',
      'device_of_another_division',
      'device_attributes: the device belongs to another division than the enrollment profile.',
      {
        private_key_given_before: `The certificate ${EXAMPLE_ENROLLED.certificate_id} was issued for this Idempotency-Key, and its private key was in that answer alone: if you don't have it, revoke the certificate and send a new request under a new Idempotency-Key.`,
        idempotency_key_in_use: 'A request with this Idempotency-Key is still being worked on: try again.',
        device_of_another_profile:
          'device_attributes: the device has another device profile than the enrollment profile.',
        device_not_active: 'device_attributes: the device is not active: enable it first.',
        division_disabled: 'The division of the enrollment profile is disabled.',
        enrollment_profile_disabled: 'The enrollment profile is disabled.',
        enrollment_profile_not_open: 'The enrollment profile had certificates until 2026-12-31T23:59:59.000Z.',
        enrollment_profile_used_up: 'The enrollment profile is used up: it has 100 certificates.',
      },
    ),
    ...REUSED_KEY,
    503: accountAnswer(
      'Too much at once, or the authority has ended',
      'temporarily_unavailable',
      'Too many RSA keys are being made: try again.',
    ),
    ...declinedAnswers(PERMISSION),
  },
}

const NOT_FOUND = {
  404: accountAnswer(
    'There is no such certificate in the account',
    'entity_not_found',
    'There is no such certificate.',
  ),
}

const LIST_SCHEMA = {
  tags: ['Device certificates'],
  operationId: 'listCertificates',
  summary: 'List and search certificates of devices',
  description: `What is given as a filter has to be so, all of it. The newest first; by the common name where its beginning is given; those that end first where valid_to_from, valid_to_to or EXPIRED is. The order stays the same from page to page.`,
  querystring: DeviceCertificateFilter,
  response: {
    200: jsonAnswer('The certificates', DeviceCertificateList, {
      certificates: {
        summary: 'one',
        value: { limit: 20, offset: 0, total: 1, total_is_exact: true, records: [EXAMPLE_DEVICE_CERTIFICATE] },
      },
    }),
    400: accountAnswer('Something in the query', 'invalid_request', 'status: one of ISSUED, REVOKED, EXPIRED.'),
    ...declinedAnswers(VIEW),
  },
}

const FIND_SCHEMA = {
  tags: ['Device certificates'],
  operationId: 'getCertificate',
  summary: 'Get a certificate of a device',
  params: CertificateParams,
  response: {
    200: jsonAnswer('The certificate', DeviceCertificateView, {
      certificate: { summary: 'a certificate', value: EXAMPLE_DEVICE_CERTIFICATE },
    }),
    ...NOT_FOUND,
    ...declinedAnswers(VIEW),
  },
}

const DOWNLOAD_SCHEMA = {
  tags: ['Device certificates'],
  operationId: 'downloadCertificate',
  summary: 'Download a certificate of a device',
  params: CertificateParams,
  querystring: DownloadQuery,
  response: {
    200: {
      description: 'The file',
      content: Object.fromEntries(
        [...new Set(Object.values(DOWNLOADS).map(([type]) => type))].map((type) => [type, BINARY]),
      ),
    },
    400: accountAnswer('No such format', 'invalid_request', 'format: one of pem, der, pkcs7, chain.'),
    ...NOT_FOUND,
    ...declinedAnswers(VIEW),
  },
}

const REVOKE_SCHEMA = {
  tags: ['Device certificates'],
  operationId: 'revokeCertificate',
  summary: 'Revoke a certificate of a device, or put it on hold',
  params: CertificateParams,
  description:
    'OCSP tells of it from the next question on, the revocation list within moments. With the reason key_compromise all other certificates of the key are revoked, too, and nobody gets one for it any more.',
  body: RevokeBody,
  response: {
    204: { description: 'Revoked', type: 'null' },
    400: accountAnswer(
      'Something in the request',
      'invalid_request',
      `reason: one of ${REVOCATION_REASONS.join(', ')}.`,
    ),
    ...NOT_FOUND,
    409: accountAnswer(
      'It was revoked before',
      'certificate_already_revoked',
      `The certificate ${EXAMPLE_DEVICE_CERTIFICATE.id} was revoked before`,
    ),
    ...declinedAnswers(PERMISSION),
  },
}

const RELEASE_SCHEMA = {
  tags: ['Device certificates'],
  operationId: 'releaseCertificate',
  summary: 'Release a certificate of a device that is on hold',
  params: CertificateParams,
  description: 'It counts again. What was revoked for another reason stays so.',
  response: {
    204: { description: 'Released', type: 'null' },
    ...NOT_FOUND,
    409: accountAnswer('It is not on hold', 'certificate_not_on_hold', 'The certificate is not on hold.'),
    ...declinedAnswers(PERMISSION),
  },
}
