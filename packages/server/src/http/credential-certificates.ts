import { decodeBase64, encodePem } from '@countersign/codec'
import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Credential } from '../domain/credential.ts'
import { importCredential, requestCredential } from '../domain/issue-credential.ts'
import { findCredential, withCertificate } from '../domain/manage-credentials.ts'
import { Refusal } from '../domain/refusal.ts'
import { uploadCertificate } from '../domain/upload-certificate.ts'
import type { World } from '../domain/world.ts'
import { IdParams, refuseUnknownFields } from './account-body.ts'
import {
  CREDENTIAL_PATH,
  CredentialView,
  credentialView,
  EXAMPLE_CREDENTIAL,
  NewCredential,
  newCredentialOf,
} from './credential.ts'
import { declinedAnswers } from './declined.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { principalOf } from './route.ts'

const VIEW = { permission: 'VIEW_CTM_CREDENTIAL' } as const
const MANAGE = { permission: 'MANAGE_CTM_CREDENTIAL' } as const

type WithId = { Params: { id: string } }

/** Certificates of authorities elsewhere: requests to take there, chains that come back, and keys that are brought along. */
export function addCredentialCertificateRoutes(app: FastifyInstance, world: World): void {
  const view = async (credential: Credential) => credentialView(await withCertificate(world, credential), world.now())

  app.post<{ Body: Static<typeof RequestBody> }>(
    `${CREDENTIAL_PATH}/request`,
    { config: MANAGE, schema: REQUEST_SCHEMA },
    async (request, reply) => {
      refuseUnknownFields(request.body, RequestBody)
      const credential = await requestCredential(world, principalOf(request), newCredentialOf(request.body))
      return reply.status(201).send({ ...(await view(credential)), csr: csrOf(credential) })
    },
  )

  app.get<WithId>(`${CREDENTIAL_PATH}/:id/csr`, { config: VIEW, schema: CSR_SCHEMA }, async (request, reply) => {
    const { credential } = await findCredential(world, principalOf(request), request.params.id)
    return reply
      .type('application/x-pem-file')
      .header('content-disposition', 'attachment; filename="request.pem"')
      .send(csrOf(credential))
  })

  app.put<WithId & { Body: Static<typeof UploadBody> }>(
    `${CREDENTIAL_PATH}/:id/certificate`,
    { config: MANAGE, schema: UPLOAD_SCHEMA },
    async (request) => {
      refuseUnknownFields(request.body, UploadBody)
      return view(await uploadCertificate(world, principalOf(request), request.params.id, request.body.certificates))
    },
  )

  app.post<{ Body: Static<typeof ImportBody> }>(
    `${CREDENTIAL_PATH}/import`,
    { config: MANAGE, schema: IMPORT_SCHEMA },
    async (request, reply) => {
      refuseUnknownFields(request.body, ImportBody)
      const { user_id: userId, nickname, pkcs12, password } = request.body
      const wish = { nickname, pkcs12: bytesOf(pkcs12), password, ...(userId !== undefined && { userId }) }
      return reply.status(201).send(await view(await importCredential(world, principalOf(request), wish)))
    },
  )
}

function csrOf({ request }: Credential): string {
  if (request) return encodePem('CERTIFICATE REQUEST', request)
  throw new Refusal(
    'not_found',
    'request_not_found',
    'The credential has no request: its certificate is not one that was asked for elsewhere.',
  )
}

function bytesOf(text: string): Uint8Array {
  try {
    return decodeBase64(text.replaceAll(/\s/g, ''))
  } catch (cause) {
    throw new Refusal('invalid', 'invalid_pkcs12', 'pkcs12: it is no base64.', { cause })
  }
}

const RequestBody = Type.Object(NewCredential, { title: 'RequestCredential' })

const UploadBody = Type.Object(
  {
    certificates: Type.String({
      maxLength: 131_072,
      description:
        'The certificate and what stands above it, PEM, in any order; the root may be left out where the trust list has it',
    }),
  },
  { title: 'UploadCertificate' },
)

const ImportBody = Type.Object(
  {
    user_id: NewCredential.user_id,
    nickname: NewCredential.nickname,
    pkcs12: Type.String({ maxLength: 131_072, description: 'The file in base64: key, certificate and chain' }),
    password: Type.String({ maxLength: 1_024, description: 'Of the file' }),
  },
  { title: 'ImportCredential' },
)

const RequestedView = Type.Object(
  { ...CredentialView.properties, csr: Type.String({ description: 'PKCS #10, PEM' }) },
  { title: 'RequestedCredential' },
)

const tags = ['Credentials']
const requested = { ...EXAMPLE_CREDENTIAL, status: 'requested', certificate: null } as const
const elsewhere = {
  ...EXAMPLE_CREDENTIAL,
  certificate: { ...(EXAMPLE_CREDENTIAL.certificate as object), issued_by_platform: false },
}
const credentialOf = (description: string) =>
  jsonAnswer(description, CredentialView, { credential: { summary: 'a credential', value: elsewhere } })
const NOT_FOUND = { 404: accountAnswer('There is none', 'credential_not_found', 'There is no such credential.') }
const TAKEN = {
  404: accountAnswer('There is no such user', 'user_not_found', 'There is no such user.'),
  409: accountAnswer('The name is taken', 'credential_exists', 'There is a credential with this nickname already.'),
}

const REQUEST_SCHEMA = {
  tags,
  operationId: 'requestCredential',
  summary: 'Request a credential of an authority elsewhere',
  description:
    'The key is made here and stays here. Take the request to any authority, and upload what it gives; until then the credential does not sign. A user’s PIN goes out by mail at once.',
  body: RequestBody,
  response: {
    201: jsonAnswer('The credential and its request', RequestedView, {
      requested: {
        summary: 'a credential',
        value: {
          ...requested,
          csr: '-----BEGIN CERTIFICATE REQUEST-----\nMIIBCzCBsQIBADBP…\n-----END CERTIFICATE REQUEST-----\n',
        },
      },
    }),
    400: accountAnswer('Something in the body', 'invalid_request', 'common_name: 1 to 64 characters on one line.'),
    ...TAKEN,
    ...declinedAnswers(MANAGE.permission),
  },
}

const CSR_SCHEMA = {
  tags,
  operationId: 'downloadCredentialRequest',
  summary: 'Download the certification request of a credential',
  params: IdParams,
  response: {
    200: { description: 'PKCS #10, PEM', content: { 'application/x-pem-file': { schema: Type.String() } } },
    ...NOT_FOUND,
    ...declinedAnswers(VIEW.permission),
  },
}

const UPLOAD_SCHEMA = {
  tags,
  operationId: 'uploadCredentialCertificate',
  summary: 'Upload the certificate of an authority elsewhere',
  description:
    'It has to be for the key of the credential and of C2PA’s profile, its chain whole. Later ones follow the first.',
  params: IdParams,
  body: UploadBody,
  response: {
    200: credentialOf('The credential, which signs from now on'),
    400: accountAnswer(
      'The chain is not whole, or of another key, or breaks rules',
      'invalid_request',
      'certificates: None of them is for the key of the credential.',
      { certificate_not_conforming: 'certificates: The certificate breaks rules: …' },
    ),
    ...NOT_FOUND,
    409: accountAnswer(
      'The platform issues its certificate',
      'credential_of_platform',
      'The platform issues the certificate of this credential: renew it, or request another credential.',
      { credential_revoked: 'The credential is revoked, for good.' },
    ),
    ...declinedAnswers(MANAGE.permission),
  },
}

const IMPORT_SCHEMA = {
  tags,
  operationId: 'importCredential',
  summary: 'Import a credential from a PKCS#12 file',
  description:
    'The key comes to lie where those that are made here do: under the master key, and a user’s under the PIN.',
  body: ImportBody,
  response: {
    201: credentialOf('The credential'),
    400: accountAnswer(
      'The file, its key or its certificate is not fit',
      'invalid_pkcs12',
      'pkcs12: the password is wrong, or the file was changed.',
      {
        invalid_request: 'certificates: None of them is for the key of the credential.',
        certificate_not_conforming: 'certificates: The certificate breaks rules: …',
      },
    ),
    ...TAKEN,
    ...declinedAnswers(MANAGE.permission),
  },
}
