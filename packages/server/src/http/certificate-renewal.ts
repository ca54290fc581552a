import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { type Applicant, userApplicant } from '../domain/applicant.ts'
import { rightApplicant } from '../domain/authenticate-right.ts'
import { newestCertificate, ownRenewal, requireOwnCertificate, requireOwnDevice } from '../domain/own-device.ts'
import { requestRenewal } from '../domain/renew-certificate.ts'
import type { World } from '../domain/world.ts'
import { declinedAnswers } from './declined.ts'
import { askedOf, attributesOf, CertificateParams, EnrollBody, keyWishOf } from './device-certificate.ts'
import { answerOutcome, ENROLLED_ANSWER, EXAMPLE_ENROLLED } from './enrolled-answer.ts'
import { IdempotencyHeaders, idempotentRequestOf, REUSED_KEY } from './idempotency.ts'
import { accountAnswer } from './openapi.ts'
import { deviceOf, principalOf, rightsOf } from './route.ts'

const PATH = '/iot/api/v1/certificate/:id/renew'
const DEVICE_PATH = '/iot/api/v2/device/:id/renew'
const PERMISSION = 'MANAGE_IOT_CERTIFICATE'

const { enrollment_profile_id, ...enrollFields } = EnrollBody.properties

/** The body of a renewal: that of a request, but for its profile. */
export const RenewBody = Type.Object(
  {
    ...enrollFields,
    enrollment_profile_id: Type.Optional(
      Type.Union([enrollment_profile_id, Type.Null()], {
        description: 'Left out, or that of the certificate: under another a certificate is requested, not renewed',
      }),
    ),
  },
  { title: 'RenewCertificate' },
)

type Renewal = { Params: { id: string }; Body: Static<typeof RenewBody> }

/** Renews certificates of devices. PUT is what the older reference has. */
export function addCertificateRenewalRoutes(app: FastifyInstance, world: World): void {
  const config = { permission: PERMISSION, alsoFor: ['passcode', 'device_certificate'] } as const

  const renew = async (request: FastifyRequest<Renewal>, reply: FastifyReply): Promise<FastifyReply> =>
    answerRenewal(request, reply, await renewer(world, request), request.params.id)
  app.post<Renewal>(PATH, { config, schema: SCHEMA }, renew)
  app.put<Renewal>(PATH, { config, schema: { ...SCHEMA, hide: true } }, renew)

  const ofDevice = { permission: PERMISSION, alsoFor: ['device_certificate'] } as const
  app.post<Renewal>(DEVICE_PATH, { config: ofDevice, schema: DEVICE_SCHEMA }, async (request, reply) => {
    const { applicant, certificateId } = await deviceRenewer(world, request)
    return answerRenewal(request, reply, applicant, certificateId)
  })

  async function answerRenewal(
    request: FastifyRequest<Renewal>,
    reply: FastifyReply,
    applicant: Applicant,
    idOrSerialNumber: string,
  ): Promise<FastifyReply> {
    const { body } = request
    const outcome = await requestRenewal(
      world,
      applicant,
      idOrSerialNumber,
      {
        enrollmentProfileId: body.enrollment_profile_id ?? undefined,
        attributes: attributesOf(body.certificate_profile_attributes),
        deviceAttributes: attributesOf(body.device_attributes),
        key: keyWishOf({ ...body, enrollment_profile_id: '' }),
        includesChain: body.include_certificate_chain ?? true,
      },
      idempotentRequestOf(request, 'renewCertificate', request.params.id, askedOf(body)),
    )
    return answerOutcome(reply, outcome, body)
  }
}

/** The user, who has a passcode of the certificate's profile, or the certificate itself. */
async function renewer(world: World, request: FastifyRequest<Renewal>): Promise<Applicant> {
  const way = { method: 'API', address: request.ip } as const
  const itself = deviceOf(request)
  if (itself) {
    requireOwnCertificate(itself, request.params.id)
    return ownRenewal(world, itself, { ...way, isByDeviceApi: false })
  }
  const [holder] = rightsOf(request) ?? []
  return holder ? rightApplicant(world, holder, way) : userApplicant(principalOf(request), way)
}

/** The device itself, which renews the certificate by which it is known, or the user: the newest that counts. */
async function deviceRenewer(
  world: World,
  request: FastifyRequest<Renewal>,
): Promise<{ readonly applicant: Applicant; readonly certificateId: string }> {
  const way = { method: 'API', address: request.ip } as const
  const { id } = request.params
  const itself = deviceOf(request)
  if (itself) {
    requireOwnDevice(itself, id)
    const applicant = await ownRenewal(world, itself, { ...way, isByDeviceApi: true })
    return { applicant, certificateId: itself.certificate.id }
  }
  const principal = principalOf(request)
  return { applicant: userApplicant(principal, way), certificateId: await newestCertificate(world, principal, id) }
}

const SCHEMA = {
  tags: ['Device certificates'],
  operationId: 'renewCertificate',
  summary: 'Renew a certificate of a device',
  description:
    'The new one is under the same enrollment profile, for the same device and, unless the profile lets the request say others, of the same names; for another key, unless the profile takes the same. The old one stays as it is until it ends or is revoked.',
  params: CertificateParams,
  headers: IdempotencyHeaders,
  body: RenewBody,
  response: {
    200: ENROLLED_ANSWER,
    400: accountAnswer(
      'Something in the request',
      'invalid_request',
      'csr: it is for the key of the certificate that it renews: make another key.',
    ),
    404: accountAnswer(
      'There is no such certificate in the account',
      'entity_not_found',
      'There is no such certificate.',
    ),
    409: accountAnswer(
      'The certificate, its profile or its device is not one that has renewals now',
      'outside_renewal_window',
      'The certificate can be renewed from 2027-10-24T00:00:00.000Z to 2027-12-23T23:59:59.000Z.',
      {
        certificate_revoked: 'The certificate is revoked, and what is revoked is not renewed: request another one.',
        certificate_not_renewable:
          'The certificate has subject.locality ["Bonn"], and its profile has no such field any more: request another one.',
        approval_required:
          'Under its profile somebody approves each certificate: the user who requested this one renews it, or its device by the certificate itself. Request another one.',
        device_not_active: 'The device of the certificate is not active.',
        enrollment_profile_disabled: 'The enrollment profile is disabled.',
        enrollment_profile_not_open: 'The enrollment profile had certificates until 2026-12-31T23:59:59.000Z.',
        private_key_given_before: `The certificate ${EXAMPLE_ENROLLED.certificate_id} was issued for this Idempotency-Key, and its private key was in that answer alone: if you don't have it, revoke the certificate and send a new request under a new Idempotency-Key.`,
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

const DEVICE_SCHEMA = {
  ...SCHEMA,
  operationId: 'renewDevice',
  summary: 'Renew the certificate of a device',
  description:
    'A device renews the certificate by which it is known, on the mutual-TLS host, where device_api_allow_renew_certificate is true; for a user it is the newest that counts. Otherwise as renewing that certificate.',
  params: Type.Object({ id: Type.String({ description: 'The id of the device' }) }),
  response: {
    ...SCHEMA.response,
    404: accountAnswer('There is no such device in the account', 'entity_not_found', 'There is no such device.'),
  },
}
