import { CsrAttributes, csrAttributes, encodeCertificatesOnly } from '@countersign/pki'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  type EstRequest,
  estAuthorities,
  findEstProfiles,
  type GeneratedKey,
  serverKeyGeneration,
  simpleEnroll,
  simpleReenroll,
} from '../domain/enroll-over-est.ts'
import { Refusal } from '../domain/refusal.ts'
import { requestWishesOf } from '../domain/request-wishes.ts'
import type { World } from '../domain/world.ts'
import { presentedCertificate } from './authentication.ts'
import { channelBindingOf } from './channel-binding.ts'
import { estApplicant, estRenewer } from './est-authentication.ts'
import type { RequestLimits } from './request-limits.ts'

/** What the EST routes are built from. */
export type EstRouteOptions = { readonly world: World; readonly limits: RequestLimits }

type OfProfile = { Params: { profile: string } }
type Posted = OfProfile & { Body: string | undefined }

const BASE = '/.well-known/est'
const PATH = `${BASE}/:profile`
const OPERATIONS = ['cacerts', 'csrattrs', 'simpleenroll', 'simplereenroll', 'serverkeygen']
/** As long as a request can be in base64, with line breaks. */
const MOST_BODY = 96 * 1024

const CERTIFICATES = 'application/pkcs7-mime'
const CERTIFICATES_ONLY = `${CERTIFICATES}; smime-type=certs-only`

/**
 * Enrollment over Secure Transport, RFC 7030, under each enrollment profile that has it. Its bodies are no JSON, and who
 * asks is known in ways of its own: both are said here, and not in the OpenAPI document.
 */
export function addEstRoutes(app: FastifyInstance, { world, limits }: EstRouteOptions): void {
  const options = { config: { authentication: 'own', errors: 'text' }, schema: { hide: true } } as const
  const applicants = knownBefore((request) => estApplicant(world, request, limits))
  const renewers = knownBefore((request) => estRenewer(world, request, limits))

  app.register(async (routes) => {
    routes.removeAllContentTypeParsers()
    routes.addContentTypeParser(
      'application/pkcs10',
      { parseAs: 'string', bodyLimit: MOST_BODY },
      async (_: FastifyRequest, body: string) => body,
    )

    for (const url of [BASE, PATH])
      routes.route<Partial<OfProfile>>({
        ...options,
        method: ['GET', 'POST'],
        url,
        onRequest: refuseWithoutProfile,
        handler: refuseWithoutProfile,
      })

    routes.get<OfProfile>(`${PATH}/cacerts`, options, async (request, reply) => {
      await findEstProfiles(world.store, request.params.profile)
      return sendBase64(reply, CERTIFICATES, encodeCertificatesOnly(await estAuthorities(world)))
    })

    routes.get<OfProfile>(`${PATH}/csrattrs`, options, async (request, reply) => {
      const wishes = requestWishesOf(await findEstProfiles(world.store, request.params.profile))
      return sendBase64(reply, 'application/csrattrs', CsrAttributes.encode(csrAttributes(wishes)))
    })

    routes.post<Posted>(`${PATH}/simpleenroll`, { ...options, onRequest: applicants.find }, async (request, reply) => {
      const certificate = await simpleEnroll(world, applicants.of(request), requestOf(request))
      return certificate ? sendBase64(reply, CERTIFICATES_ONLY, encodeCertificatesOnly([certificate])) : sendWait(reply)
    })

    routes.post<Posted>(`${PATH}/simplereenroll`, { ...options, onRequest: renewers.find }, async (request, reply) => {
      const certificate = await simpleReenroll(world, renewers.of(request), request.ip, requestOf(request))
      return sendBase64(reply, CERTIFICATES_ONLY, encodeCertificatesOnly([certificate]))
    })

    routes.post<Posted>(`${PATH}/serverkeygen`, { ...options, onRequest: applicants.find }, async (request, reply) =>
      sendKey(reply, await serverKeyGeneration(world, applicants.of(request), requestOf(request))),
    )
  })
}

/** Without a label there would be an EST server that is everybody's; there is none. RFC 7030 §3.2.2. */
async function refuseWithoutProfile({ params, headers }: FastifyRequest<Partial<OfProfile>>): Promise<never> {
  // What stands in the profile's place.
  const operation = OPERATIONS.find((known) => known === params?.profile) ?? '<operation>'
  throw new Refusal(
    'not_found',
    'not_found',
    `There is nothing at this address: each enrollment profile is an EST server of its own, at https://${headers.host}${BASE}/<enrollment profile id>/${operation}.`,
  )
}

/** Finds out who makes a request before its body is read, and says it afterwards. */
function knownBefore<Who>(whoIs: (request: FastifyRequest) => Promise<Who>): {
  find(request: FastifyRequest): Promise<void>
  of(request: FastifyRequest): Who
} {
  const known = new WeakMap<FastifyRequest, { readonly who: Who }>()
  return {
    async find(request) {
      known.set(request, { who: await whoIs(request) })
    },
    of(request) {
      const found = known.get(request)
      if (!found) throw new Error('who asks is known before the body is read')
      return found.who
    },
  }
}

function requestOf(request: FastifyRequest<Posted>): EstRequest {
  return {
    enrollmentProfileId: request.params.profile,
    csr: request.body ?? '',
    channelBinding: channelBindingOf(request.raw.socket),
    presented: presentedCertificate(request.raw.socket).certificate,
  }
}

/** RFC 8951 has no header say that it is base64, and has clients pass over one that does; those of before it look for it. */
const ENCODING = ['content-transfer-encoding', 'base64'] as const

function sendBase64(reply: FastifyReply, type: string, bytes: Uint8Array): FastifyReply {
  return reply
    .type(type)
    .header(...ENCODING)
    .send(base64Lines(bytes))
}

/** Somebody has to look at it, and may be at lunch. */
const RETRY_SECONDS = 300

/** RFC 7030 §4.2.3. */
function sendWait(reply: FastifyReply): FastifyReply {
  return reply
    .status(202)
    .header('retry-after', RETRY_SECONDS)
    .type('text/plain; charset=utf-8')
    .send('Somebody has to approve the request: send the same again later.\n')
}

const BOUNDARY = 'countersign-est-part'

/** The key, then its certificate. RFC 7030 §4.4.2. */
function sendKey(reply: FastifyReply, { certificate, privateKey, isSealed }: GeneratedKey): FastifyReply {
  const parts = [
    part(isSealed ? `${CERTIFICATES}; smime-type=server-generated-key` : 'application/pkcs8', privateKey),
    part(CERTIFICATES_ONLY, encodeCertificatesOnly([certificate])),
  ]
  privateKey.fill(0)
  return reply.type(`multipart/mixed; boundary=${BOUNDARY}`).send(`${parts.join('')}--${BOUNDARY}--\r\n`)
}

function part(type: string, bytes: Uint8Array): string {
  return `--${BOUNDARY}\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64Lines(bytes)}\r\n`
}

/** In lines: not every program reads base64 in one. */
function base64Lines(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n')
}
