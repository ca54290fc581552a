import type { IncomingMessage, ServerResponse } from 'node:http'
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify'
import { requirePermission } from '../domain/authenticate.ts'
import { isAdmitted } from '../domain/manager.ts'
import { Refusal } from '../domain/refusal.ts'
import type { SignContentWorld } from '../domain/sign-content.ts'
import type { VerifyContentWorld } from '../domain/verify-content.ts'
import type { World } from '../domain/world.ts'
import { addAccountRoutes } from './accounts.ts'
import { addApiKeyRoutes } from './api-keys.ts'
import { addAuditLogRoutes } from './audit-log.ts'
import { authenticate, doorOf, noteDoor, notedCaller } from './authentication.ts'
import { addAuthenticationCertificateRoutes } from './authentication-certificates.ts'
import { addBatchRoutes } from './batches.ts'
import { addCertificateProfileRoutes } from './certificate-profiles.ts'
import { addCertificateRenewalRoutes } from './certificate-renewal.ts'
import { addCertificateRequestRoutes } from './certificate-requests.ts'
import { addClientAuthCertificateRoutes } from './client-auth-certificates.ts'
import { addCredentialCertificateRoutes } from './credential-certificates.ts'
import { addCredentialSignatureRoutes } from './credential-signatures.ts'
import { addCredentialRoutes } from './credentials.ts'
import { addCscRoutes } from './csc.ts'
import { addCurrentUserRoute } from './current-user.ts'
import { addDeviceCertificateRoutes } from './device-certificates.ts'
import { addDeviceProfileRoutes } from './device-profiles.ts'
import { addDeviceRoutes } from './devices.ts'
import { addDivisionRoutes } from './divisions.ts'
import { addEnrollmentPasscodeRoutes } from './enrollment-passcodes.ts'
import { addEnrollmentProfileRoutes } from './enrollment-profiles.ts'
import { addEnrollmentSpecificationRoutes } from './enrollment-specification.ts'
import { addEstRoutes } from './est.ts'
import { addInvitationRoute } from './invitation.ts'
import { addLogoRoute, LOGO_PATH } from './logo.ts'
import { createMetrics, type GatherMetrics, type Metrics } from './metrics.ts'
import { addOpenApi } from './openapi.ts'
import { addPasswordRoutes } from './password.ts'
import { protocolProblem, sendProblem } from './problem.ts'
import { createRequestLimits, type RequestRates } from './request-limits.ts'
import { hasSecondHost, settleRequestTarget } from './request-target.ts'
import './route.ts'
import { addRoleRoutes } from './roles.ts'
import { addSessionRoutes } from './sessions.ts'
import { addSignRoute } from './sign.ts'
import { addSystemRoutes } from './system.ts'
import type { Door } from './tls-door.ts'
import { addTotpRoutes } from './totp.ts'
import { addTrustRoutes } from './trust.ts'
import { addUserRoutes } from './users.ts'
import { buildValidator } from './validation.ts'
import { addVerifyRoute } from './verify.ts'
import { addWebhookRoutes } from './webhooks.ts'

/** What the API is built from. */
export type AppOptions = {
  readonly world: World & SignContentWorld & VerifyContentWorld
  /** Base URLs without a slash at the end; their hosts are the only ones that requests may name. */
  readonly urls: Readonly<Record<Door, string>>
  /** Further host names that mean the doors, as the configured domain where the public URL has another. */
  readonly hosts: Readonly<Record<Door, readonly string[]>>
  readonly maxUploadBytes: number
  readonly verificationsAMinute: number
  readonly requestRates: RequestRates
  readonly version: string
  readonly log: FastifyBaseLogger
  /** Joins the measures of this process to those of others; its function gives the text of all. */
  readonly gatherMetrics?: GatherMetrics
}

/** The HTTP API, ready to answer what the doors hand it. */
export type App = {
  readonly fastify: FastifyInstance
  readonly metrics: Metrics
  handle(door: Door, request: IncomingMessage, response: ServerResponse): void
  close(): Promise<void>
}

const MEGABYTE = 1024 * 1024
const MOST_LOGGED_PATH = 200

export async function createApp(options: AppOptions): Promise<App> {
  const { world, urls, version, log, maxUploadBytes, verificationsAMinute } = options
  const metrics = createMetrics(world, options.gatherMetrics)
  const limits = createRequestLimits(options.requestRates, metrics)
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => crypto.randomUUID(),
    // Headers are bounded already, and the router's own answer to a long parameter would come before all checks.
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: false, maxParamLength: 65_536 },
    bodyLimit: MEGABYTE,
    schemaController: { compilersFactory: { buildValidator } },
    // The doors hold the limits of headers and of whole requests.
    requestTimeout: 0,
  })
  const accepted = {
    api: hostNames(urls.api, options.hosts.api),
    clientauth: hostNames(urls.clientauth, options.hosts.clientauth),
  }
  const isLocal = /(^|\.)localhost$/i.test(new URL(urls.api).hostname)

  // The schemas document; an answer that they don't foresee is still sent as it is.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.decorateRequest('principal', undefined)
  app.decorateRequest('caller', undefined)
  // Public examples name JSON as the type of a body that there is none of.
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    if (body === '') done(null)
    else parseJson(request, body, done)
  })
  app.setErrorHandler((error, request, reply) => sendProblem(request, reply, error))
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      ...(isLocal ? {} : { 'strict-transport-security': 'max-age=31536000' }),
    })
    if (!request.url.startsWith('/docs')) {
      reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
    }
    if (hasSecondHost(request.raw))
      throw new Refusal('invalid', 'invalid_request', 'There is more than one Host header.')
    // The connection was made to one host: a request for another one on it was sent the wrong way.
    if (!accepted[doorOf(request)].has(hostName(request.headers.host ?? ''))) {
      const misdirected = protocolProblem(
        421,
        'misdirected_request',
        'This connection is not for that host.',
        'account',
      )
      return reply.status(421).send(misdirected.body)
    }
    const {
      authentication = 'door',
      permission,
      alsoFor = [],
      isForManagers = false,
    } = request.is404
      ? { authentication: 'open' as const }
      : isDocumentation(request.routeOptions.url)
        ? { authentication: 'open' as const }
        : request.routeOptions.config
    if (authentication === 'own') return
    const isOpen = authentication === 'open' && doorOf(request) === 'api'
    const find = (): ReturnType<typeof authenticate> =>
      authenticate(world, request, { authentication, permission, alsoFor }, urls.api)
    request.caller = await (isOpen ? find() : limits.admit(request, find))
    request.principal = request.caller && 'principal' in request.caller ? request.caller.principal : undefined
    if (authentication === 'session' && !request.principal?.session)
      throw new Refusal('forbidden', 'access_denied', 'Sign in for this: it takes a session.')
    const { certificateEndsAt } = request.principal ?? {}
    if (certificateEndsAt) reply.header('countersign-certificate-expires', certificateEndsAt.toISOString())
    const { principal } = request
    if (permission && principal && !(isForManagers && (await isAdmitted(world, principal, permission))))
      requirePermission(principal, permission)
  })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    const seconds = reply.elapsedTime / 1000
    limits.settle(request, reply.statusCode)
    metrics.observeRequest(request.method, route, reply.statusCode, seconds)
    request.log.info(
      {
        door: doorOf(request),
        method: request.method,
        route,
        ...(request.is404 && { path: pathText(request.url) }),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        user: request.principal?.user.id,
        ...notedCaller(request.caller),
      },
      'answered',
    )
  })

  const paths: { method: string; path: RegExp }[] = []
  app.addHook('onRoute', ({ method, url }) => {
    const path = new RegExp(
      `^${url
        .replaceAll(/[.+?^$()|[\]\\]/g, '\\$&')
        .replaceAll(/:\w+/g, '[^/]+')
        .replaceAll('*', '.*')}/?$`,
    )
    for (const name of [method].flat()) paths.push({ method: name, path })
  })
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?')[0] as string
    const style = path.startsWith('/documentmanager/') ? 'c2pa' : 'account'
    const methods = [...new Set(paths.filter((route) => route.path.test(path)).map(({ method }) => method))]
    if (methods.length === 0) {
      return reply.status(404).send(protocolProblem(404, 'not_found', 'There is nothing at this address.', style).body)
    }
    const allow = methods.join(', ')
    const problem = protocolProblem(405, 'method_not_allowed', `This address takes ${allow}.`, style)
    return reply.status(405).header('allow', allow).send(problem.body)
  })

  await addOpenApi(app, { version, publicUrl: urls.api, clientauthUrl: urls.clientauth })
  addSystemRoutes(app, { world, metrics, version })
  addSignRoute(app, { world, metrics, maxUploadBytes })
  addVerifyRoute(app, { world, metrics, maxUploadBytes, verificationsAMinute })
  addCredentialRoutes(app, world)
  addCredentialCertificateRoutes(app, world)
  addCredentialSignatureRoutes(app, world)
  addCscRoutes(app, world, { name: 'Countersign', logo: `${urls.api}${LOGO_PATH}` })
  addLogoRoute(app)
  addTrustRoutes(app, world)
  addWebhookRoutes(app, world)
  addApiKeyRoutes(app, world)
  addRoleRoutes(app, world)
  addUserRoutes(app, world, urls.api)
  addInvitationRoute(app, world, urls.api)
  addSessionRoutes(app, { world, limits, publicUrl: urls.api })
  addPasswordRoutes(app, { world, limits, publicUrl: urls.api })
  addTotpRoutes(app, { world, limits })
  addAccountRoutes(app, world)
  addAuditLogRoutes(app, world)
  addCurrentUserRoute(app)
  addClientAuthCertificateRoutes(app, world, urls.api)
  addDivisionRoutes(app, world)
  addDeviceProfileRoutes(app, world)
  addDeviceRoutes(app, world)
  addCertificateProfileRoutes(app, world)
  addBatchRoutes(app, world)
  addDeviceCertificateRoutes(app, world)
  addCertificateRenewalRoutes(app, world)
  addCertificateRequestRoutes(app, world)
  addEnrollmentProfileRoutes(app, world)
  addEnrollmentPasscodeRoutes(app, world)
  addAuthenticationCertificateRoutes(app, world)
  addEnrollmentSpecificationRoutes(app, world)
  addEstRoutes(app, { world, limits })
  await app.ready()

  return {
    fastify: app,
    metrics,
    handle(door, request, response) {
      noteDoor(request, door)
      settleRequestTarget(request)
      app.routing(request, response)
    },
    close: () => app.close(),
  }
}

/** What was asked for, without its query, for the log: bounded, and nothing that a terminal would obey. */
function pathText(url: string): string {
  return url
    .slice(0, MOST_LOGGED_PATH)
    .replace(/\?.*$/s, '')
    .replaceAll(/[^\x21-\x7e]/g, '?')
}

function isDocumentation(route: string | undefined): boolean {
  return route === '/docs' || route?.startsWith('/docs/') === true
}

function hostNames(url: string, more: readonly string[]): ReadonlySet<string> {
  return new Set([new URL(url).host, ...more].map(hostName))
}

/** The name in a Host header, without its port, in lower case; an IPv6 address keeps its brackets. */
function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '')
}
