import type { FastifyInstance, FastifyReply } from 'fastify'
import { type Static, Type } from 'typebox'
import {
  approveCertificateRequest,
  cancelCertificateRequest,
  findCertificateRequest,
  findRequestOfRights,
  listCertificateRequests,
  pickUpCertificate,
  rejectCertificateRequest,
} from '../domain/manage-certificate-requests.ts'
import { Refusal } from '../domain/refusal.ts'
import type { World } from '../domain/world.ts'
import { IdParams, refuseUnknownFields, refuseUnknownFilters } from './account-body.ts'
import {
  CertificateRequestFilter,
  CertificateRequestList,
  CertificateRequestView,
  certificateRequestQuery,
  certificateRequestView,
  EXAMPLE_CERTIFICATE_REQUEST,
  EXAMPLE_LISTED_REQUEST,
  listedRequestView,
} from './certificate-request-view.ts'
import { declinedAnswers } from './declined.ts'
import { EnrollBody, keyWishOf } from './device-certificate.ts'
import { answerEnrolled, ENROLLED_ANSWER } from './enrolled-answer.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { principalOf } from './route.ts'

type Id = { Params: { readonly id: string } }

const PATH = '/iot/api/v1/certificate-request'
const VIEW = { permission: 'VIEW_IOT_CERTIFICATE' } as const
const MANAGE = { permission: 'MANAGE_IOT_CERTIFICATE' } as const
const APPROVE = { permission: 'APPROVE_IOT_CERTIFICATE' } as const

/** Certificate requests: looked for, approved, rejected, cancelled, and their certificates picked up. */
export function addCertificateRequestRoutes(app: FastifyInstance, world: World): void {
  app.get<{ Querystring: Static<typeof CertificateRequestFilter> }>(
    PATH,
    { config: VIEW, schema: LIST_SCHEMA },
    async (request) => {
      refuseUnknownFilters(request.url, CertificateRequestFilter)
      const query = certificateRequestQuery(request.query)
      const { total, isTotalExact, records } = await listCertificateRequests(world, principalOf(request), query)
      const { limit, offset } = query
      return { limit, offset, total, total_is_exact: isTotalExact, records: records.map(listedRequestView) }
    },
  )

  app.get<Id>(
    `${PATH}/:id`,
    { config: { ...VIEW, alsoFor: ['passcode', 'authentication_certificate'] }, schema: GET_SCHEMA },
    async (request) => {
      const { caller, params } = request
      const found =
        caller && 'rights' in caller
          ? await findRequestOfRights(world, caller.rights, params.id)
          : await findCertificateRequest(world, principalOf(request), params.id)
      return certificateRequestView(found, world.now())
    },
  )

  app.put<Id>(`${PATH}/:id/approve`, { config: APPROVE, schema: APPROVE_SCHEMA }, async (request) =>
    certificateRequestView(
      await approveCertificateRequest(world, principalOf(request), request.params.id),
      world.now(),
    ),
  )

  app.put<Id & { Body: Static<typeof RejectBody> }>(
    `${PATH}/:id/reject`,
    { config: APPROVE, schema: REJECT_SCHEMA },
    async (request) => {
      refuseUnknownFields(request.body, RejectBody)
      const { reason } = request.body
      const rejected = await rejectCertificateRequest(world, principalOf(request), request.params.id, reason)
      return certificateRequestView(rejected, world.now())
    },
  )

  app.put<Id>(`${PATH}/:id/cancel`, { config: MANAGE, schema: CANCEL_SCHEMA }, async (request) =>
    certificateRequestView(await cancelCertificateRequest(world, principalOf(request), request.params.id), world.now()),
  )

  app.post<Id & { Body: Static<typeof PickUpBody> }>(
    `${PATH}/:id/pickup`,
    { config: MANAGE, schema: PICK_UP_SCHEMA },
    async (request, reply: FastifyReply) => {
      refuseUnknownFields(request.body, PickUpBody)
      const key = keyWishOf({ ...request.body, enrollment_profile_id: '', server_side_key_gen: true })
      if (key.by === 'client') throw new Refusal('invalid', 'invalid_request', 'The key is made here.')
      const { privateKey } = key
      const includesChain = request.body.include_certificate_chain ?? true
      const made = await pickUpCertificate(world, principalOf(request), request.params.id, {
        privateKey,
        includesChain,
      })
      return answerEnrolled(reply, made, request.body)
    },
  )
}

const RejectBody = Type.Object(
  { reason: Type.String({ maxLength: 2_000, description: 'Up to 1024 characters on one line' }) },
  { title: 'RejectCertificateRequest' },
)

const PickUpBody = Type.Pick(
  EnrollBody,
  [
    'private_key_format',
    'private_key_syntax',
    'pkcs12_password',
    'encryption_certificate',
    'include_certificate_chain',
    'response_with_certificate_file',
  ],
  { title: 'PickUpCertificate' },
)

const tags = ['Device certificates']
const one = jsonAnswer('The certificate request', CertificateRequestView, {
  request: { summary: 'one that nobody had to approve', value: EXAMPLE_CERTIFICATE_REQUEST },
})
const NOT_FOUND = {
  404: accountAnswer(
    'There is no such request in the account',
    'certificate_request_not_found',
    'There is no such certificate request.',
  ),
}
const NOT_PENDING = 'The certificate request does not wait for approval, or no longer.'

const LIST_SCHEMA = {
  tags,
  operationId: 'listCertificateRequests',
  summary: 'List and search certificate requests',
  description: 'The newest first; what is given as a filter has to be so, all of it.',
  querystring: CertificateRequestFilter,
  response: {
    200: jsonAnswer('The requests', CertificateRequestList, {
      requests: {
        summary: 'one that waits for approval',
        value: { limit: 20, offset: 0, total: 1, total_is_exact: true, records: [EXAMPLE_LISTED_REQUEST] },
      },
    }),
    400: accountAnswer('Something in the query', 'invalid_request', 'created_from: a day as 2026-11-23.'),
    ...declinedAnswers(VIEW.permission),
  },
}

const GET_SCHEMA = {
  tags,
  operationId: 'getCertificateRequest',
  summary: 'Get a certificate request, with its certificate',
  description: 'Also by the passcode, or the authentication certificate, by which it was sent, used up or not.',
  params: IdParams,
  response: { 200: one, ...NOT_FOUND, ...declinedAnswers(VIEW.permission) },
}

const APPROVE_SCHEMA = {
  tags,
  operationId: 'approveCertificateRequest',
  summary: 'Approve a certificate request',
  description:
    'By somebody else than who sent it, or who made the passcode or assigned the certificate by which it came. With a CSR its certificate is issued now; a key that is made here is made when it is picked up.',
  params: IdParams,
  response: {
    200: one,
    400: accountAnswer(
      'By the profiles as they are now it can’t be issued',
      'invalid_request',
      'csr: its key is not accepted: p_384 are.',
    ),
    ...NOT_FOUND,
    409: accountAnswer('It does not wait, or not for this', 'certificate_request_not_pending', NOT_PENDING, {
      certificate_request_outdated:
        'Under the profiles as they are now it would be another certificate: reject the request, and let it be sent anew.',
      applicant_not_allowed: 'Who requested it may request certificates no longer: reject it.',
    }),
    ...declinedAnswers(APPROVE.permission),
  },
}

const REJECT_SCHEMA = {
  tags,
  operationId: 'rejectCertificateRequest',
  summary: 'Reject a certificate request',
  params: IdParams,
  body: RejectBody,
  response: {
    200: one,
    ...NOT_FOUND,
    409: accountAnswer('It does not wait for approval', 'certificate_request_not_pending', NOT_PENDING),
    ...declinedAnswers(APPROVE.permission),
  },
}

const SETTLED = {
  409: accountAnswer(
    'There is a certificate, or never will be',
    'certificate_request_settled',
    'Something has come of the certificate request already: look at it.',
  ),
}

const CANCEL_SCHEMA = {
  tags,
  operationId: 'cancelCertificateRequest',
  summary: 'Take a certificate request back',
  description: 'By who sent it, as long as there is no certificate.',
  params: IdParams,
  response: { 200: one, ...NOT_FOUND, ...SETTLED, ...declinedAnswers(MANAGE.permission) },
}

const PICK_UP_SCHEMA = {
  tags,
  operationId: 'pickUpCertificate',
  summary: 'Pick up the key and the certificate of an approved request',
  description:
    'By who sent it, once: the key is made now, and is in the answer and nowhere else. What came of a CSR is in the request.',
  params: IdParams,
  body: PickUpBody,
  response: {
    200: ENROLLED_ANSWER,
    400: accountAnswer(
      'Something in the request',
      'invalid_request',
      'private_key_format: one of pem, der, pkcs_12, cert_encrypted, cert_encrypted_key_only.',
    ),
    ...NOT_FOUND,
    409: accountAnswer(
      'There is nothing to pick up',
      'certificate_request_not_approved',
      'Only a certificate request that is APPROVED is picked up.',
      {
        nothing_to_pick_up: 'The key is yours: the certificate is in the certificate request once it is approved.',
        private_key_given_before: `The certificate ${EXAMPLE_CERTIFICATE_REQUEST.certificate_id} was picked up, and its private key was in that answer alone: if you don't have it, revoke the certificate and send a new request.`,
        certificate_request_outdated:
          'Under the profiles as they are now it would be another certificate: reject the request, and let it be sent anew.',
      },
    ),
    503: accountAnswer('Too much at once', 'temporarily_unavailable', 'Too many RSA keys are being made: try again.'),
    ...declinedAnswers(MANAGE.permission),
  },
}
