/** The answer to who requested a certificate: the certificate, as JSON or as a file, or that it has to be approved. */
import type { FastifyReply } from 'fastify'
import { type Static, Type } from 'typebox'
import type { CertificateApproval } from '../domain/certificate-approval.ts'
import type { EnrolledCertificate } from '../domain/enroll-certificate.ts'
import type { RequestOutcome } from '../domain/request-certificate.ts'
import { certificateFile, type EnrollBody, EnrolledView, enrolledView, FILE_TYPES } from './device-certificate.ts'

/** The answer where there is no certificate yet, or never will be. */
const PendingView = Type.Object(
  {
    certificate_request_id: Type.String(),
    status: Type.Enum(['PENDING_APPROVAL', 'APPROVED', 'REJECTED', 'CANCELLED', 'EXPIRED'], {
      type: 'string',
      description: 'Another than PENDING_APPROVAL where the request was sent before, under the same Idempotency-Key',
    }),
    result: Type.Enum(['PENDING', 'FAILURE'], { type: 'string' }),
  },
  { title: 'PendingCertificateRequest' },
)

type Wishes = Pick<Static<typeof EnrollBody>, 'include_certificate_chain' | 'response_with_certificate_file'>

/** Answers with a certificate. */
export function answerEnrolled(
  reply: FastifyReply,
  made: EnrolledCertificate,
  { include_certificate_chain, response_with_certificate_file }: Wishes,
): FastifyReply {
  const includesChain = include_certificate_chain ?? true
  if (response_with_certificate_file !== true) return reply.send(enrolledView(made, includesChain))
  const { name, type, bytes } = certificateFile(made, includesChain)
  return reply.type(type).header('content-disposition', `attachment; filename="${name}"`).send(Buffer.from(bytes))
}

/** Answers with what came of a request. */
export function answerOutcome(reply: FastifyReply, outcome: RequestOutcome, wishes: Wishes): FastifyReply {
  if ('enrolled' in outcome) return answerEnrolled(reply, outcome.enrolled, wishes)
  return reply.send(pendingView(outcome.approval))
}

function pendingView({ id, status }: CertificateApproval): Static<typeof PendingView> {
  const isPending = status === 'PENDING_APPROVAL' || status === 'APPROVED'
  return { certificate_request_id: id, status, result: isPending ? 'PENDING' : 'FAILURE' }
}

/** An example for the document. */
export const EXAMPLE_ENROLLED: Static<typeof EnrolledView> = {
  certificate_request_id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f10',
  status: 'AUTO_APPROVED',
  result: 'SUCCESS',
  certificate_id: '019ab2c4-4a53-7e11-9a0c-1b2d3e4f5a6b',
  pem: '-----BEGIN CERTIFICATE-----\nMIICJTCCAcugAwIBAgIUb0…\n-----END CERTIFICATE-----\n',
}

const FILES = Object.fromEntries(FILE_TYPES.map((type) => [type, { schema: { type: 'string', format: 'binary' } }]))
const SERVER_SIDE = {
  server_side: {
    summary: 'with a key that was made here, in PEM',
    value: {
      ...EXAMPLE_ENROLLED,
      private_key: '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49…\n-----END PRIVATE KEY-----\n',
    },
  },
}

/** For the document: a certificate. */
export const ENROLLED_ANSWER = {
  description: 'The certificate, and the key that was made for it; as a file where that is asked for',
  content: { 'application/json': { schema: EnrolledView, examples: SERVER_SIDE }, ...FILES },
}

/** For the document: what comes of a request. */
export const OUTCOME_ANSWER = {
  description:
    'The certificate, and the key that was made for it, as a file where that is asked for; or that somebody has to approve it first',
  content: {
    'application/json': {
      schema: Type.Union([EnrolledView, PendingView]),
      examples: {
        csr: { summary: 'by a certification request', value: EXAMPLE_ENROLLED },
        ...SERVER_SIDE,
        pending: {
          summary: 'somebody has to approve it',
          value: {
            certificate_request_id: EXAMPLE_ENROLLED.certificate_request_id,
            status: 'PENDING_APPROVAL',
            result: 'PENDING',
          },
        },
      },
    },
    ...FILES,
  },
}
