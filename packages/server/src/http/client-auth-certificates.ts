import type { Pkcs12Encryption } from '@countersign/pki'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { generateClientAuthCertificate, takePkcs12 } from '../domain/generate-client-auth-certificate.ts'
import type { SignatureHash } from '../domain/issuer.ts'
import {
  createClientAuthCertificate,
  findClientAuthCertificate,
  listClientAuthCertificates,
  removeClientAuthCertificate,
  renewClientAuthCertificate,
  setClientAuthCertificateEnabled,
} from '../domain/manage-client-auth-certificates.ts'
import { Refusal } from '../domain/refusal.ts'
import type { World } from '../domain/world.ts'
import { EnableBody } from './account-body.ts'
import {
  CertificateView,
  certificateView,
  EXAMPLE_CERTIFICATE,
  EXAMPLE_WHOLE_CERTIFICATE,
  WholeCertificateView,
  wholeCertificateView,
} from './client-auth-certificate.ts'
import { declinedAnswers } from './declined.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { PageQuery, pageOf } from './page.ts'
import { principalOf } from './route.ts'
import { refuseOtherSites } from './session-cookie.ts'
import { secondText } from './timestamp.ts'

const PATH = '/account/api/v1/client-auth-certificate'
const PERMISSION = 'MANAGE_AM_CLIENT_AUTH_CERTIFICATE'
const config = { permission: PERMISSION } as const
/** What managers of a service user may do with its certificates. */
const MANAGED = { ...config, isForManagers: true } as const

type WithId = { Params: { id: string } }
type Renewal = WithId & { Body: Static<typeof RenewBody> }

/** Client authentication certificates: requested, listed, disabled, renewed, deleted. */
export function addClientAuthCertificateRoutes(app: FastifyInstance, world: World, publicUrl: string): void {
  app.post<{ Body: Static<typeof CreateBody> }>(PATH, { config, schema: CREATE_SCHEMA }, async (request, reply) => {
    const { exp, ...wish } = request.body
    const made = await createClientAuthCertificate(world, principalOf(request), { ...wish, exp: exp ?? undefined })
    return reply.status(201).send(wholeCertificateView(made))
  })

  app.get<{ Querystring: Static<typeof ListQuery> }>(
    PATH,
    { config: MANAGED, schema: LIST_SCHEMA },
    async (request, reply) => {
      const { name, enabled, user_id: userId } = request.query
      const found = await listClientAuthCertificates(world, principalOf(request), {
        ...(name !== undefined && { name }),
        ...(enabled !== undefined && { enabled }),
        ...(userId !== undefined && { userId }),
      })
      return pageOf(request, reply, found).map(certificateView)
    },
  )

  app.get<WithId>(`${PATH}/:id`, { config: MANAGED, schema: FIND_SCHEMA }, async (request) =>
    wholeCertificateView(await findClientAuthCertificate(world, principalOf(request), request.params.id)),
  )

  app.put<WithId & { Body: Static<typeof EnableBody> }>(
    `${PATH}/:id/enable`,
    { config: MANAGED, schema: ENABLE_SCHEMA },
    async (request) => {
      const { params, body } = request
      return certificateView(
        await setClientAuthCertificateEnabled(world, principalOf(request), params.id, body.enabled),
      )
    },
  )

  const renew = async (request: FastifyRequest<Renewal>, reply: FastifyReply): Promise<FastifyReply> => {
    const { csr, name, exp } = request.body
    const wish = { csr, name: name ?? undefined, exp: exp ?? undefined }
    const made = await renewClientAuthCertificate(world, principalOf(request), request.params.id, wish)
    return reply.status(201).send(wholeCertificateView(made))
  }
  app.post<Renewal>(`${PATH}/:id/renew`, { config, schema: RENEW_SCHEMA }, renew)
  app.put<Renewal>(`${PATH}/:id/renew`, { config, schema: { ...RENEW_SCHEMA, hide: true } }, renew)

  app.post<{ Body: Static<typeof GenerateBody> }>(
    `${PATH}/generate`,
    { config, schema: GENERATE_SCHEMA },
    async (request, reply) => {
      const { name, exp, encryption, signature_hash_algorithm: hash } = request.body
      const made = await generateClientAuthCertificate(world, principalOf(request), {
        name,
        exp: exp ?? undefined,
        encryption: choice('encryption', encryption, ENCRYPTIONS),
        signatureHash: choice('signature_hash_algorithm', hash, SIGNATURE_HASHES),
      })
      return reply.status(201).send({
        ...wholeCertificateView(made),
        password: made.password,
        download_url: `${publicUrl}${PATH}/${made.clientAuthCertificate.id}/pkcs12`,
        download_end_date: secondText(made.endsAt),
      })
    },
  )

  // Who only asks whether it is there must not take it away.
  app.get<WithId>(
    `${PATH}/:id/pkcs12`,
    { config, schema: DOWNLOAD_SCHEMA, exposeHeadRoute: false },
    async (request, reply) => {
      // It is gone once it was asked for, and to a page of a neighbouring host the browser gives the cookie along.
      if (principalOf(request).session) refuseOtherSites(request, publicUrl)
      const file = await takePkcs12(world, principalOf(request), request.params.id)
      return reply
        .type('application/x-pkcs12')
        .header('content-disposition', 'attachment; filename="Certificate_pkcs12.p12"')
        .send(Buffer.from(file))
    },
  )

  app.delete<WithId>(`${PATH}/:id`, { config: MANAGED, schema: DELETE_SCHEMA }, async (request, reply) => {
    await removeClientAuthCertificate(world, principalOf(request), request.params.id)
    return reply.status(204).send()
  })
}

const Csr = Type.String({
  description: 'PKCS #10 request, PEM. Its key and its subject are taken, nothing else',
  maxLength: 131_072,
})
const Exp = Type.Union([Type.String(), Type.Null()], {
  description:
    'When it ends, as 2027-12-31T23:59:59Z: at most 397 days ahead, and not after the API key, the user or the account. 365 days, or as long as that allows, when left out',
})

const CreateBody = Type.Object(
  {
    csr: Csr,
    name: Type.String({ description: 'Letters, digits, spaces, dashes and underscores; nobody else’s in the account' }),
    exp: Type.Optional(Exp),
  },
  { title: 'CreateClientAuthCertificate' },
)

const RenewBody = Type.Object(
  {
    csr: Csr,
    name: Type.Optional(
      Type.Union([Type.String(), Type.Null()], {
        description: 'The name of the one before with the next number when left out',
      }),
    ),
    exp: Type.Optional(Exp),
  },
  { title: 'RenewClientAuthCertificate' },
)

/** The words of a choice, the one that stands when none is given first, with what others call the same. */
type Choice<Word extends string> = { readonly [W in Word]: readonly string[] }

const ENCRYPTIONS: Choice<Pkcs12Encryption> = {
  'AES-256': ['AES', 'AES-256-CBC', 'AES256-SHA256'],
  'AES-128': ['AES-128-CBC'],
  '3DES': ['TripleDES', 'TripleDES-SHA1', 'DES3', 'DES-EDE3-CBC', 'DESede'],
}
const SIGNATURE_HASHES: Choice<SignatureHash> = { 'SHA-256': [], 'SHA-384': [], 'SHA-512': [] }

/** One of some words, in any case and with or without its dashes. */
function choice<Word extends string>(field: string, text: string | null | undefined, of: Choice<Word>): Word {
  const words = Object.keys(of) as Word[]
  const plain = (word: string): string => word.toUpperCase().replaceAll(/[-_ ]/g, '')
  const wanted = text === undefined || text === null ? words[0] : text
  const found = words.find((word) => [word, ...of[word]].some((name) => plain(name) === plain(wanted as string)))
  if (found) return found
  throw new Refusal('invalid', 'invalid_request', `${field}: one of ${words.join(', ')}.`)
}

const GenerateBody = Type.Object(
  {
    name: CreateBody.properties.name,
    exp: Type.Optional(Exp),
    encryption: Type.Optional(
      Type.String({
        description:
          'Of the file: AES-256 (when left out), AES-128, or 3DES for Windows before 10 1709 and Server 2019, Java before 8u301 and the keychain of macOS, which read nothing else',
      }),
    ),
    signature_hash_algorithm: Type.Optional(
      Type.String({ description: 'SHA-256 (when left out), SHA-384 or SHA-512' }),
    ),
  },
  { title: 'GenerateClientAuthCertificate' },
)

const GeneratedView = Type.Object(
  {
    ...WholeCertificateView.properties,
    password: Type.String({ description: 'Of the PKCS#12 file; never told again' }),
    download_url: Type.String({ description: 'Gives the file one time, to the same user' }),
    download_end_date: Type.String({ format: 'date-time', description: 'The file is gone after it' }),
  },
  { title: 'GeneratedClientAuthCertificate' },
)

const ListQuery = Type.Object({
  name: Type.Optional(Type.String({ description: 'What the name contains, in whatever case' })),
  enabled: Type.Optional(Type.Boolean()),
  user_id: Type.Optional(Type.String({ description: 'Another user’s: takes MANAGE_AM_USER' })),
  ...PageQuery,
})

const DECLINED = declinedAnswers(PERMISSION)
const NOT_FOUND = {
  404: accountAnswer(
    'There is none',
    'client_authentication_certificate_not_found',
    'There is no such client authentication certificate.',
  ),
}
const MADE = {
  201: jsonAnswer('The certificate', WholeCertificateView, {
    made: { summary: 'a certificate', value: EXAMPLE_WHOLE_CERTIFICATE },
  }),
  400: accountAnswer(
    'Something in the request',
    'invalid_request',
    'exp: at most 2027-12-25T00:00:00Z, 397 days from now.',
  ),
  409: accountAnswer(
    'The name is taken',
    'client_authentication_certificate_exists',
    'There is a client authentication certificate with this name already.',
  ),
  ...DECLINED,
}

const CREATE_SCHEMA = {
  tags: ['Account'],
  operationId: 'createClientAuthCertificate',
  summary: 'Request a client authentication certificate',
  description: 'For the user who asks, by a certification request whose private key stays where it is.',
  body: CreateBody,
  response: MADE,
}

const GENERATE_SCHEMA = {
  tags: ['Account'],
  operationId: 'generateClientAuthCertificate',
  summary: 'Generate a client authentication certificate with its key',
  description:
    'For the user who asks. Key, certificate and chain are in a PKCS#12 file, which can be fetched once within 15 minutes.',
  body: GenerateBody,
  response: {
    ...MADE,
    201: jsonAnswer('The certificate, the password, and where the file is', GeneratedView, {
      generated: {
        summary: 'a certificate',
        value: {
          ...EXAMPLE_WHOLE_CERTIFICATE,
          password: 'k7m2x9…',
          download_url: `https://countersign.example${PATH}/${EXAMPLE_WHOLE_CERTIFICATE.id}/pkcs12`,
          download_end_date: '2026-11-23T00:15:00Z',
        },
      },
    }),
  },
}

const DOWNLOAD_SCHEMA = {
  tags: ['Account'],
  operationId: 'downloadClientAuthCertificate',
  summary: 'Fetch the PKCS#12 file of a generated certificate, once',
  response: {
    200: {
      description: 'The file',
      content: { 'application/x-pkcs12': { schema: { type: 'string', format: 'binary' } } },
    },
    404: accountAnswer(
      'It is not there',
      'download_not_found',
      'The file is not there: it was fetched, its 15 minutes are over, or the key was never here.',
    ),
    ...DECLINED,
  },
}

const LIST_SCHEMA = {
  tags: ['Account'],
  operationId: 'listClientAuthCertificates',
  summary: 'List client authentication certificates',
  description: 'A bare array, oldest first; x-total-count has how many there are, link where the next are.',
  querystring: ListQuery,
  response: {
    200: jsonAnswer('The certificates', Type.Array(CertificateView), {
      certificates: { summary: 'one', value: [EXAMPLE_CERTIFICATE] },
    }),
    ...DECLINED,
  },
}

const FIND_SCHEMA = {
  tags: ['Account'],
  operationId: 'getClientAuthCertificate',
  summary: 'Get a client authentication certificate',
  response: {
    200: jsonAnswer('The certificate', WholeCertificateView, {
      certificate: { summary: 'a certificate', value: EXAMPLE_WHOLE_CERTIFICATE },
    }),
    ...NOT_FOUND,
    ...DECLINED,
  },
}

const ENABLE_SCHEMA = {
  tags: ['Account'],
  operationId: 'enableClientAuthCertificate',
  summary: 'Enable or disable a client authentication certificate',
  description: 'Counts from the very next request on, also on connections that are open.',
  body: EnableBody,
  response: {
    200: jsonAnswer('What it is now', CertificateView, {
      disabled: { summary: 'disabled', value: { ...EXAMPLE_CERTIFICATE, enabled: false } },
    }),
    400: accountAnswer('Something in the request', 'invalid_request', 'enabled: is missing'),
    ...NOT_FOUND,
    ...DECLINED,
  },
}

const RENEW_SCHEMA = {
  tags: ['Account'],
  operationId: 'renewClientAuthCertificate',
  summary: 'Request a certificate that follows another',
  description: 'Both count until the one before ends or is disabled. PUT does the same.',
  body: RenewBody,
  response: { ...MADE, ...NOT_FOUND },
}

const DELETE_SCHEMA = {
  tags: ['Account'],
  operationId: 'deleteClientAuthCertificate',
  summary: 'Delete a client authentication certificate',
  description: 'It is revoked, and its name is free again.',
  response: { 204: { description: 'It is gone' }, ...NOT_FOUND, ...DECLINED },
}
