import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifySchema } from 'fastify'
import { type Static, type TObject, type TSchema, Type } from 'typebox'
import { type ErrorStyle, REQUEST_LIMIT, WRONG_MEDIA_TYPE } from './problem.ts'
import { SESSION_COOKIE } from './session-cookie.ts'

/** What the document says about where it is served. */
export type ApiDescription = {
  readonly version: string
  readonly publicUrl: string
  readonly clientauthUrl: string
}

/** An error of the account and device APIs, and of authentication everywhere. */
export const AccountError = Type.Object(
  { errors: Type.Array(Type.Object({ code: Type.String(), message: Type.String() })) },
  { title: 'Errors' },
)
export type AccountError = Static<typeof AccountError>

/** An error of C2PA and CSC. */
export const C2paErrorBody = Type.Object(
  { error: Type.String(), error_description: Type.String() },
  { title: 'C2PAError' },
)

type Example = { readonly summary: string; readonly value: unknown }

/** A JSON answer for the document, with its examples. */
export function jsonAnswer(
  description: string,
  schema: TSchema,
  examples: Readonly<Record<string, Example>> = {},
): object {
  return {
    description,
    content: { 'application/json': { schema, ...(Object.keys(examples).length ? { examples } : {}) } },
  }
}

/** A C2PA error for the document: one example for each sentence. */
export function c2paAnswer(description: string, errors: readonly (readonly [string, string])[]): object {
  const examples = errors.map(([error, error_description], index): [string, Example] => [
    `${error.replaceAll(/\W+/g, '_')}${errors.length > 1 ? `_${index + 1}` : ''}`,
    { summary: error_description, value: { error, error_description } },
  ])
  return jsonAnswer(description, C2paErrorBody, Object.fromEntries(examples))
}

/** An error with the account body for the document, and others of the same status. */
export function accountAnswer(
  description: string,
  code: string,
  message: string,
  others: Readonly<Record<string, string>> = {},
): object {
  const errors = Object.entries({ [code]: message, ...others })
  const examples = errors.map(([code, message]) => [code, { summary: message, value: { errors: [{ code, message }] } }])
  return jsonAnswer(description, AccountError, Object.fromEntries(examples))
}

/** What every route may answer beside its own: authentication by the door, and protocol errors. */
export const COMMON_ANSWERS = {
  421: accountAnswer(
    'Another host than the one the connection was made to',
    'misdirected_request',
    'This connection is not for that host.',
  ),
} as const

// OpenAPI 3.1 has it; the types of the plug-in are older.
const MUTUAL_TLS = {
  type: 'mutualTLS' as 'http',
  scheme: undefined as never,
  description: 'A client authentication certificate, on the mutual-TLS host',
}

const SESSION = {
  type: 'apiKey',
  in: 'cookie',
  name: SESSION_COOKIE,
  description: 'Of who signed in, on the API host; what changes something takes the header x-csrf-token, too',
} as const

const PASSCODE = {
  type: 'apiKey',
  in: 'header',
  name: 'x-passcode',
  description: 'Of an enrollment profile, on both hosts, in place of any other credential',
} as const

const API_KEY = { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'On the API host' } as const

/** The document at /openapi.json and Swagger UI at /docs, which loads nothing from elsewhere. */
export async function addOpenApi(app: FastifyInstance, description: ApiDescription): Promise<void> {
  const mutualTlsHost = { url: description.clientauthUrl, description: 'the mutual-TLS host' }
  const apiHost = { url: description.publicUrl, description: 'the API host' }
  const places = {
    open: { security: [], servers: [apiHost] },
    certificate: { security: [{ mutualTLS: [] }], servers: [mutualTlsHost] },
    session: { security: [{ session: [] }], servers: [apiHost] },
    own: { security: [], servers: [apiHost, mutualTlsHost] },
    door: { security: [{ apiKey: [] }, { mutualTLS: [] }, { session: [] }], servers: [apiHost, mutualTlsHost] },
  }
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Countersign',
        version: description.version,
        description:
          'An open, self-hosted trust platform: Content Credentials, accounts, and device certificates. The mutual-TLS host takes a client certificate on every route; what needs none is on the API host.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [mutualTlsHost, apiHost],
      tags: [
        { name: 'Content', description: 'Sign with C2PA Content Credentials, and verify them' },
        { name: 'Remote signing', description: 'The API of the Cloud Signature Consortium: hashes are signed here' },
        { name: 'Credentials', description: 'What content is signed with, and who may use it' },
        { name: 'Trust', description: 'Whom the verifier believes' },
        { name: 'Accounts', description: 'Who acts for an account, and by what they are known' },
        {
          name: 'Device certificates',
          description:
            'Requested, one or many, approved, looked for, renewed and revoked. EST is at /.well-known/est/{enrollment profile}/',
        },
        {
          name: 'Enrollment profiles',
          description: 'Who gets certificates for devices, how, and how many; by passcodes, too',
        },
        { name: 'Devices', description: 'Devices, what is known of them, and what their certificates say' },
        { name: 'Sign-in', description: 'People: sessions, passwords and second factors' },
        { name: 'Account', description: 'Who may do what, and who did what' },
        { name: 'Platform', description: 'How the platform is' },
      ],
      components: {
        securitySchemes: { mutualTLS: MUTUAL_TLS, apiKey: API_KEY, session: SESSION, passcode: PASSCODE },
      },
    },
    transform: ({ schema, url, route }) => {
      if (schema?.hide) return { schema, url }
      const { authentication = 'door', permission, alsoFor = [], errors } = route.config ?? {}
      const { response } = schema as { readonly response?: object }
      const answers = {
        ...(authentication !== 'open' && { 401: NO_API_KEY, 429: tooMany(errors) }),
        ...((errors ?? 'account') === 'account' && answersToInput(schema, route.method)),
        ...response,
      }
      const needs = permission && { 'x-permission': permission }
      const { security, servers } = places[authentication]
      const callers = alsoFor.includes('passcode') ? [...security, { passcode: [] }] : security
      return { schema: { ...schema, security: callers, servers, response: answers, ...needs }, url }
    },
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    // A page can't call the mutual-TLS host: only what it can call is offered to be tried.
    // The plain layout has no bar with the logo of somebody else, which the policy below would not let be drawn either.
    // Its parts first: it has more than a hundred operations.
    uiConfig: {
      layout: 'BaseLayout',
      deepLinking: true,
      docExpansion: 'none',
      persistAuthorization: false,
      supportedSubmitMethods: ['get'],
    },
    theme: { title: 'Countersign API' },
    staticCSP:
      "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  })
}

const NO_API_KEY = accountAnswer(
  'An API key that does not count',
  'invalid_api_key',
  'The API key is missing or not valid: send it as x-api-key',
)

/** What a route may answer to a body or a query that it does not take, also to one where it takes none; in its own words where it has some. */
function answersToInput({ querystring }: FastifySchema, method: string | readonly string[]): object {
  const invalid = {
    400: accountAnswer('Something is wrong in what was sent', 'invalid_request', 'name: must be string'),
  }
  if (method === 'GET') return querystring ? invalid : {}
  return {
    ...invalid,
    413: accountAnswer('Too large', 'invalid_request', 'The request is too large.'),
    415: accountAnswer('No JSON', 'unsupported_media_type', WRONG_MEDIA_TYPE.account),
  }
}

/** What every route that is not open may answer to who comes too often. */
function tooMany(style: ErrorStyle = 'account'): object {
  const [what, sentence] = [
    'Too many requests; Retry-After says when to come again',
    'There were too many requests with your API key or certificate. Try again in 12 seconds.',
  ]
  return style === 'account'
    ? accountAnswer(what, REQUEST_LIMIT, sentence)
    : c2paAnswer(what, [[REQUEST_LIMIT, sentence]])
}

/** A multipart form for the document; Fastify does not see its body, since it is read as it streams in. */
export function multipartBody(schema: TObject): object {
  return { content: { 'multipart/form-data': { schema } } }
}
