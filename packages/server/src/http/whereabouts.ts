import type { FastifyRequest } from 'fastify'
import type { Whereabouts } from '../domain/sign-in.ts'
import { visitorOf } from './rate-limit.ts'

/** Where a request comes from. */
export function whereaboutsOf({ ip, headers }: FastifyRequest): Whereabouts {
  return { address: ip, network: visitorOf(ip), userAgent: headers['user-agent'] ?? '' }
}
