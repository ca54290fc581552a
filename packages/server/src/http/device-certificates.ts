import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import { enrollCertificate } from '../domain/enroll-certificate.ts'
import type { World } from '../domain/world.ts'
import { declinedAnswers } from './declined.ts'
import { certificateFile, EnrollBody, EnrolledView, enrolledView, FILE_TYPES, keyWishOf } from './device-certificate.ts'
import { AccountError, accountAnswer, jsonAnswer } from './openapi.ts'
import { principalOf } from './route.ts'

const PATH = '/iot/api/v1/certificate'
const PERMISSION = 'MANAGE_IOT_CERTIFICATE'

/** Certificates of devices: requested with a CSR, or with a key that is made here. */
export function addDeviceCertificateRoutes(app: FastifyInstance, world: World): void {
  app.post<{ Body: Static<typeof EnrollBody> }>(
    PATH,
    { config: { permission: PERMISSION }, schema: ENROLL_SCHEMA },
    async (request, reply) => {
      const { body } = request
      const includesChain = body.include_certificate_chain ?? true
      const made = await enrollCertificate(world, principalOf(request), {
        enrollmentProfileId: body.enrollment_profile_id,
        attributes: body.certificate_profile_attributes ?? [],
        deviceAttributes: body.device_attributes ?? [],
        key: keyWishOf(body),
        includesChain,
      })
      if (body.response_with_certificate_file !== true) return enrolledView(made, includesChain)
      const { name, type, bytes } = certificateFile(made, includesChain)
      return reply.type(type).header('content-disposition', `attachment; filename="${name}"`).send(Buffer.from(bytes))
    },
  )
}

const ENROLLED: Static<typeof EnrolledView> = {
  certificate_request_id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f10',
  status: 'AUTO_APPROVED',
  result: 'SUCCESS',
  certificate_id: '019ab2c4-4a53-7e11-9a0c-1b2d3e4f5a6b',
  pem: '-----BEGIN CERTIFICATE-----\nMIICJTCCAcugAwIBAgIUb0…\n-----END CERTIFICATE-----\n',
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
  tags: ['Devices'],
  operationId: 'enrollCertificate',
  summary: 'Request a certificate for a device',
  description:
    'By a certification request (csr), or with a key pair that is made here (server_side_key_gen) and is in the answer and nowhere else. Names and extensions are those that the profile allows.',
  body: EnrollBody,
  response: {
    200: {
      description: 'The certificate, and the key that was made for it; as a file where that is asked for',
      content: {
        'application/json': {
          schema: EnrolledView,
          examples: {
            csr: { summary: 'by a certification request', value: ENROLLED },
            server_side: {
              summary: 'with a key that was made here, in PEM',
              value: {
                ...ENROLLED,
                private_key: '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49…\n-----END PRIVATE KEY-----\n',
              },
            },
          },
        },
        ...Object.fromEntries(FILE_TYPES.map((type) => [type, BINARY])),
      },
    },
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
      'The device is not one of the profile’s division',
      'device_of_another_division',
      'device_attributes: the device belongs to another division than the enrollment profile.',
    ),
    503: accountAnswer(
      'Too much at once, or the authority has ended',
      'temporarily_unavailable',
      'Too many RSA keys are being made: try again.',
    ),
    ...declinedAnswers(PERMISSION),
  },
}
