import type { FastifyRequest } from 'fastify'
import { type Applicant, userApplicant } from '../domain/applicant.ts'
import { authenticateCertificate, type Principal, requirePermission } from '../domain/authenticate.ts'
import { Refusal } from '../domain/refusal.ts'
import type { World } from '../domain/world.ts'
import { doorOf, presentedCertificate } from './authentication.ts'
import type { RequestLimits } from './request-limits.ts'

/** Who asks for a certificate by EST: by the certificate of its TLS connection. RFC 7030 §3.3.2. */
export async function estApplicant(world: World, request: FastifyRequest, limits: RequestLimits): Promise<Applicant> {
  const way = { method: 'EST', address: request.ip } as const
  const principal = await limits.admit(request, () => userOf(world, request))
  if (!principal) throw new Error('whoever is let in is known')
  requirePermission(principal, 'MANAGE_IOT_CERTIFICATE')
  return userApplicant(principal, way)
}

async function userOf(world: World, request: FastifyRequest): Promise<Principal> {
  const presented = presentedCertificate(request.raw.socket)
  if (doorOf(request) === 'clientauth' && presented.certificate) return authenticateCertificate(world, presented)
  throw new Refusal('unauthenticated', 'no_credential', 'Send a certificate, on the mutual-TLS host.')
}
