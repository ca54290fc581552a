import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Principal } from '../domain/authenticate.ts'
import type { RevocationReason } from '../domain/certificate.ts'
import type { Credential } from '../domain/credential.ts'
import { chainPem } from '../domain/credential-certificate.ts'
import { issueCredential } from '../domain/issue-credential.ts'
import {
  changePin,
  findCredential,
  listCredentials,
  renewManagedCredential,
  revokeCredential,
  setCredentialSuspended,
  unlockCredential,
  withCertificate,
} from '../domain/manage-credentials.ts'
import { PIN_RULE } from '../domain/pin.ts'
import { Refusal } from '../domain/refusal.ts'
import { reissuePin } from '../domain/reissue-pin.ts'
import type { World } from '../domain/world.ts'
import { IdParams, refuseUnknownFields } from './account-body.ts'
import {
  CREDENTIAL_STATUSES,
  CredentialView,
  credentialView,
  EXAMPLE_CREDENTIAL,
  NewCredential,
  newCredentialOf,
  CREDENTIAL_PATH as PATH,
} from './credential.ts'
import { declinedAnswers } from './declined.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { PageQuery, pageOf } from './page.ts'
import { principalOf } from './route.ts'

const ONE = `${PATH}/:id`
const VIEW = { permission: 'VIEW_CTM_CREDENTIAL' } as const
const USE = { permission: 'SIGN_CTM_CONTENT' } as const
const MANAGE = { permission: 'MANAGE_CTM_CREDENTIAL' } as const

type WithId = { Params: { id: string } }

/** Content credentials: issued, listed, looked at, suspended, revoked, renewed, and their PINs. */
export function addCredentialRoutes(app: FastifyInstance, world: World): void {
  const view = async (credential: Credential) => credentialView(await withCertificate(world, credential), world.now())

  app.get<{ Querystring: Static<typeof ListQuery> }>(
    PATH,
    { config: VIEW, schema: LIST_SCHEMA },
    async (request, reply) => {
      const { nickname, user_id: userId, status } = request.query
      const filter = { nickname, userId: userId === 'none' ? null : userId, status }
      const found = await listCredentials(world, principalOf(request), filter)
      return Promise.all(pageOf(request, reply, found).map(view))
    },
  )

  app.get<WithId>(ONE, { config: VIEW, schema: GET_SCHEMA }, async (request) =>
    credentialView(await findCredential(world, principalOf(request), request.params.id), world.now()),
  )

  app.get<WithId>(`${ONE}/chain.pem`, { config: VIEW, schema: CHAIN_SCHEMA }, async (request, reply) => {
    const { certificate } = await findCredential(world, principalOf(request), request.params.id)
    if (!certificate) throw new Refusal('conflict', 'credential_requested', 'The credential has no certificate yet.')
    return reply
      .type('application/x-pem-file')
      .header('content-disposition', 'attachment; filename="chain.pem"')
      .send(chainPem(certificate))
  })

  app.post<{ Body: Static<typeof IssueBody> }>(
    PATH,
    { config: MANAGE, schema: ISSUE_SCHEMA },
    async (request, reply) => {
      refuseUnknownFields(request.body, IssueBody)
      const { validity_days: validityDays } = request.body
      const wish = { ...newCredentialOf(request.body), ...(validityDays !== undefined && { validityDays }) }
      const credential = await issueCredential(world, principalOf(request), wish)
      return reply.status(201).send(await view(credential))
    },
  )

  app.put<WithId & { Body: Static<typeof PinBody> }>(
    `${ONE}/pin`,
    { config: USE, schema: PIN_SCHEMA },
    async (request, reply) => {
      refuseUnknownFields(request.body, PinBody)
      const { pin, new_pin: newPin } = request.body
      await changePin(world, principalOf(request), request.params.id, { pin, newPin })
      return reply.status(204).send()
    },
  )

  const changing =
    (change: (world: World, principal: Principal, named: string) => Promise<Credential>) =>
    async (request: FastifyRequest<WithId>) =>
      view(await change(world, principalOf(request), request.params.id))

  app.put<WithId>(`${ONE}/unlock`, { config: MANAGE, schema: UNLOCK_SCHEMA }, changing(unlockCredential))
  app.put<WithId>(
    `${ONE}/suspend`,
    { config: MANAGE, schema: SUSPEND_SCHEMA },
    changing((...known) => setCredentialSuspended(...known, true)),
  )
  app.put<WithId>(
    `${ONE}/resume`,
    { config: MANAGE, schema: RESUME_SCHEMA },
    changing((...known) => setCredentialSuspended(...known, false)),
  )
  app.post<WithId>(`${ONE}/reissue-pin`, { config: MANAGE, schema: REISSUE_SCHEMA }, changing(reissuePin))

  app.put<WithId & { Body: Static<typeof RevokeBody> | null }>(
    `${ONE}/revoke`,
    { config: MANAGE, schema: REVOKE_SCHEMA },
    async (request) => {
      refuseUnknownFields(request.body ?? {}, RevokeBody)
      const reason = reasonOf(request.body?.reason)
      return view(await revokeCredential(world, principalOf(request), request.params.id, reason))
    },
  )

  type Renewal = WithId & { Body: Static<typeof RenewBody> | null }
  const renew = async (request: FastifyRequest<Renewal>, reply: FastifyReply): Promise<FastifyReply> => {
    refuseUnknownFields(request.body ?? {}, RenewBody)
    const days = request.body?.validity_days
    return reply.send(await view(await renewManagedCredential(world, principalOf(request), request.params.id, days)))
  }
  app.post<Renewal>(`${ONE}/renew`, { config: MANAGE, schema: RENEW_SCHEMA }, renew)
  app.put<Renewal>(`${ONE}/renew`, { config: MANAGE, schema: { ...RENEW_SCHEMA, hide: true } }, renew)
}

/** What may be said of the end of a signer's certificate. RFC 5280 §5.3.1. */
const REASONS = [
  'unspecified',
  'key_compromise',
  'affiliation_changed',
  'superseded',
  'cessation_of_operation',
  'privilege_withdrawn',
] as const satisfies readonly RevocationReason[]

function reasonOf(text: string = 'unspecified'): RevocationReason {
  const found = REASONS.find((reason) => reason === text.toLowerCase().replaceAll('-', '_'))
  if (found) return found
  throw new Refusal('invalid', 'invalid_request', `reason: one of ${REASONS.join(', ')}.`)
}

const ListQuery = Type.Object({
  nickname: Type.Optional(Type.String({ description: 'What the nickname contains, in whatever case' })),
  user_id: Type.Optional(Type.String({ description: 'A user’s own; `none` for those of the account itself' })),
  status: Type.Optional(Type.Enum([...CREDENTIAL_STATUSES], { type: 'string' })),
  ...PageQuery,
})

const ValidityDays = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 366, description: 'How long the certificate lasts: 365 days unless said' }),
)

const IssueBody = Type.Object({ ...NewCredential, validity_days: ValidityDays }, { title: 'IssueCredential' })

const Pin = (description: string) => Type.String({ maxLength: 200, description })

const PinBody = Type.Object({ pin: Pin('The PIN as it is now'), new_pin: Pin(PIN_RULE) }, { title: 'ChangePin' })

const RevokeBody = Type.Object(
  { reason: Type.Optional(Type.String({ description: `${REASONS.join(', ')}; unspecified when left out` })) },
  { title: 'RevokeCredential' },
)

const RenewBody = Type.Object({ validity_days: ValidityDays }, { title: 'RenewCredential' })

const tags = ['Credentials']
const one = jsonAnswer('The credential', CredentialView, {
  credential: { summary: 'a user’s own', value: EXAMPLE_CREDENTIAL },
})
const is = (summary: string, change: Partial<Static<typeof CredentialView>>) =>
  jsonAnswer('What it is now', CredentialView, { [summary]: { summary, value: { ...EXAMPLE_CREDENTIAL, ...change } } })
const NOT_FOUND = {
  404: accountAnswer('There is none', 'credential_not_found', 'There is no such credential.'),
}
const REVOKED = {
  409: accountAnswer('It can’t be done with it', 'credential_revoked', 'The credential is revoked, for good.', {
    credential_requested: 'The credential has no certificate yet.',
    credential_changed: 'Somebody else changed the credential at the same time: look at it again.',
    credential_of_other_authority:
      'An authority elsewhere issues the certificate of this credential: upload the next one, or request another credential.',
    user_disabled: 'The user of the credential is disabled or gone.',
  }),
}
const CHANGED = { ...NOT_FOUND, ...REVOKED, ...declinedAnswers(MANAGE.permission) }
const WITHOUT_PIN = {
  409: accountAnswer('It has none', 'credential_without_pin', 'The credential is the account’s own: it has no PIN.', {
    credential_revoked: 'The credential is revoked, for good.',
    credential_changed: 'Somebody else changed the credential at the same time: look at it again.',
  }),
}

const LIST_SCHEMA = {
  tags,
  operationId: 'listCredentials',
  summary: 'List credentials',
  description:
    'Your own and the account’s, with MANAGE_CTM_CREDENTIAL everybody’s. A bare array, oldest first; x-total-count has how many there are, link where the next are.',
  querystring: ListQuery,
  response: {
    200: jsonAnswer('The credentials', Type.Array(CredentialView), {
      credentials: { summary: 'one', value: [EXAMPLE_CREDENTIAL] },
    }),
    ...declinedAnswers(VIEW.permission),
  },
}

const GET_SCHEMA = {
  tags,
  operationId: 'getCredential',
  summary: 'Get a credential',
  description: 'By its id or its nickname, as all that follows.',
  params: IdParams,
  response: { 200: one, ...NOT_FOUND, ...declinedAnswers(VIEW.permission) },
}

const CHAIN_SCHEMA = {
  tags,
  operationId: 'downloadCredentialChain',
  summary: 'Download the certificate chain of a credential',
  description: 'The certificate, what stands between, and the root.',
  params: IdParams,
  response: {
    200: { description: 'PEM', content: { 'application/x-pem-file': { schema: Type.String() } } },
    ...NOT_FOUND,
    409: accountAnswer('It has none', 'credential_requested', 'The credential has no certificate yet.'),
    ...declinedAnswers(VIEW.permission),
  },
}

const ISSUE_SCHEMA = {
  tags,
  operationId: 'issueCredential',
  summary: 'Issue a credential',
  description:
    'A certificate for signing content, with a key that never leaves the platform. A user’s own opens by a PIN alone, which the user gets by mail and nobody else ever sees.',
  body: IssueBody,
  response: {
    201: one,
    400: accountAnswer('Something in the body', 'invalid_request', 'validity_days: 1 to 366.', {
      certificate_not_conforming: 'The certificate would break rules: …',
    }),
    404: accountAnswer('There is no such user', 'user_not_found', 'There is no such user.'),
    409: accountAnswer('The name is taken', 'credential_exists', 'There is a credential with this nickname already.', {
      user_disabled: 'The user is disabled.',
    }),
    ...declinedAnswers(MANAGE.permission),
  },
}

const PIN_SCHEMA = {
  tags,
  operationId: 'changeCredentialPin',
  summary: 'Change the PIN of your own credential',
  params: IdParams,
  body: PinBody,
  response: {
    204: { description: 'It is another one now' },
    400: accountAnswer('The PIN is wrong or locked, or the new one is not fit', 'pin_invalid', 'The PIN is invalid.', {
      pin_locked: 'The PIN is locked.',
      pin_missing: 'Missing (or invalid type) string parameter PIN.',
      pin_unfit: `new_pin: ${PIN_RULE}.`,
    }),
    ...NOT_FOUND,
    ...WITHOUT_PIN,
    503: accountAnswer(
      'Too many are at it',
      'temporarily_unavailable',
      'Too many passwords and PINs are being tried: try again.',
    ),
    ...declinedAnswers(USE.permission),
  },
}

const UNLOCK_SCHEMA = {
  tags,
  operationId: 'unlockCredential',
  summary: 'Unlock a credential that wrong PINs locked',
  description: 'There are five attempts again. The PIN stays what it is.',
  params: IdParams,
  response: { 200: is('unlocked', {}), ...NOT_FOUND, ...WITHOUT_PIN, ...declinedAnswers(MANAGE.permission) },
}

const SUSPEND_SCHEMA = {
  tags,
  operationId: 'suspendCredential',
  summary: 'Suspend a credential',
  description: 'It signs no more until it is resumed. Its certificate stays valid, and so does what it signed.',
  params: IdParams,
  response: { 200: is('suspended', { status: 'suspended' }), ...CHANGED },
}

const RESUME_SCHEMA = {
  tags,
  operationId: 'resumeCredential',
  summary: 'Resume a suspended credential',
  params: IdParams,
  response: { 200: is('resumed', {}), ...CHANGED },
}

const REISSUE_SCHEMA = {
  tags,
  operationId: 'reissueCredentialPin',
  summary: 'Issue a new PIN',
  description:
    'The user gets it by mail. Nobody can open the old key without the old PIN: there is a new key and a new certificate, and the old certificate is revoked. Where another authority issues it, there is a new request to take there.',
  params: IdParams,
  response: { 200: is('reissued', {}), ...CHANGED },
}

const REVOKE_SCHEMA = {
  tags,
  operationId: 'revokeCredential',
  summary: 'Revoke a credential',
  description:
    'For good. Its certificate is on the revocation list; one of an authority elsewhere is its own to revoke.',
  params: IdParams,
  body: Type.Union([RevokeBody, Type.Null()]),
  response: {
    200: is('revoked', { status: 'revoked' }),
    400: accountAnswer('Another reason', 'invalid_request', `reason: one of ${REASONS.join(', ')}.`),
    ...CHANGED,
  },
}

const RENEW_SCHEMA = {
  tags,
  operationId: 'renewCredential',
  summary: 'Renew the certificate of a credential',
  description:
    'The same key and subject; both certificates are valid until the one before ends. The platform does so by itself after two thirds of a certificate’s life. PUT does the same.',
  params: IdParams,
  body: Type.Union([RenewBody, Type.Null()]),
  response: {
    200: is('renewed', {}),
    400: accountAnswer('Something in the body', 'invalid_request', 'validity_days: 1 to 366.'),
    ...CHANGED,
  },
}
