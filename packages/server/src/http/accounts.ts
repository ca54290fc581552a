import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Account } from '../domain/account.ts'
import { findAccount, listAccounts, listAdministrators } from '../domain/find-accounts.ts'
import { type AccountChange, changeAccount, createAccount, setAccountEnabled } from '../domain/manage-accounts.ts'
import type { World } from '../domain/world.ts'
import { EnableBody, IdParams, refuseUnknownFields } from './account-body.ts'
import { declinedAnswers } from './declined.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { PageQuery, pageOf } from './page.ts'
import { principalOf } from './route.ts'
import { AccountView, accountView, EXAMPLE_USER } from './user.ts'

type Id = { readonly id: string }

const PATH = '/account/api/v1/account'
const VIEW = { permission: 'VIEW_AM_ACCOUNT' } as const
const CHANGE = { permission: 'MANAGE_AM_ACCOUNT' } as const
const MANAGE = { permission: 'MANAGE_AM_PLATFORM' } as const

/** The accounts of who asks, and of the whole platform for who manages it. */
export function addAccountRoutes(app: FastifyInstance, world: World): void {
  const view = async (account: Account): Promise<Static<typeof ManagedAccountView>> =>
    managedAccountView(account, await listAdministrators(world, account))

  app.get(PATH, { config: VIEW, schema: LIST_SCHEMA }, async (request, reply) =>
    Promise.all(pageOf(request, reply, await listAccounts(world, principalOf(request))).map(view)),
  )

  app.get<{ Params: Id }>(`${PATH}/:id`, { config: VIEW, schema: GET_SCHEMA }, async (request) =>
    view(await findAccount(world, principalOf(request), request.params.id)),
  )

  app.post<{ Body: Static<typeof CreateBody> }>(
    PATH,
    { config: MANAGE, schema: CREATE_SCHEMA },
    async (request, reply) => {
      refuseUnknownFields(request.body, CreateBody)
      const { name, admin } = request.body
      const made = await createAccount(world, principalOf(request), {
        ...changeOf(request.body),
        name,
        ...(admin && {
          administrator: {
            ...(admin.friendly_name !== undefined && { friendlyName: admin.friendly_name }),
            ...(admin.email !== undefined && { email: admin.email }),
          },
        }),
      })
      const { apiKey, text } = made.told
      const answer: Static<typeof CreatedView> = {
        ...managedAccountView(made.account, [made.administrator]),
        admin_user_id: made.administrator.id,
        admin_api_key_id: apiKey.id,
        admin_api_key: text,
      }
      return reply.status(201).send(answer)
    },
  )

  app.put<{ Params: Id; Body: Static<typeof ChangeBody> }>(
    `${PATH}/:id`,
    { config: CHANGE, schema: CHANGE_SCHEMA },
    async (request) => {
      refuseUnknownFields(request.body, ChangeBody)
      return view(await changeAccount(world, principalOf(request), request.params.id, changeOf(request.body)))
    },
  )

  app.put<{ Params: Id; Body: Static<typeof EnableBody> }>(
    `${PATH}/:id/enable`,
    { config: MANAGE, schema: ENABLE_SCHEMA },
    async (request) =>
      view(await setAccountEnabled(world, principalOf(request), request.params.id, request.body.enabled)),
  )
}

function changeOf(body: Static<typeof ChangeBody>): AccountChange {
  const { name, friendly_identifier: friendlyIdentifier, service_period: servicePeriod, locale, active } = body
  return {
    ...(name !== undefined && { name }),
    ...(friendlyIdentifier !== undefined && { friendlyIdentifier }),
    ...(servicePeriod && { servicePeriod }),
    ...(locale !== undefined && { locale }),
    ...(active !== undefined && { active }),
  }
}

function managedAccountView(
  account: Account,
  administrators: Awaited<ReturnType<typeof listAdministrators>>,
): Static<typeof ManagedAccountView> {
  return {
    ...accountView(account),
    admins: administrators.map(({ id, friendlyName: name, email }) => ({ id, name, email })),
    // People sign in with a password, and a second factor if they like; certificates are for programs.
    sign_in_methods: [
      { signInMethod: 'standard', status: 'enabled', mfaStatus: 'enabled', clientAuthCertLoginEnabled: false },
    ],
  }
}

const Switch = Type.Enum(['enabled', 'disabled'], { type: 'string' })

const managedFields = {
  ...AccountView.properties,
  admins: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), email: Type.String() })),
  sign_in_methods: Type.Array(
    Type.Object({
      signInMethod: Type.Enum(['standard'], { type: 'string' }),
      status: Switch,
      mfaStatus: Switch,
      clientAuthCertLoginEnabled: Type.Boolean(),
    }),
  ),
}
const ManagedAccountView = Type.Object(managedFields, { title: 'ManagedAccount' })
const CreatedView = Type.Object(
  {
    ...managedFields,
    admin_user_id: Type.String({ description: 'A service user that administers the account' }),
    admin_api_key_id: Type.String(),
    admin_api_key: Type.String({ description: 'Its API key: it is told here and never again' }),
  },
  { title: 'CreatedAccount' },
)

const changeFields = {
  friendly_identifier: Type.Optional(
    Type.String({ description: 'The number that people know it by; letters and dashes too. The next one if left out' }),
  ),
  service_period: Type.Optional(
    Type.Object(
      {
        from: Type.Optional(Type.String({ description: 'A day, as 2027-01-01; it begins with it (UTC)' })),
        to: Type.Optional(
          Type.Unsafe<string | null>({
            type: ['string', 'null'],
            maxLength: 40,
            description: 'ISO 8601: a day, which ends with its last second (UTC), or a moment. null: no end',
          }),
        ),
      },
      { additionalProperties: false, description: 'Outside it nothing of the account authenticates' },
    ),
  ),
  locale: Type.Optional(Type.String({ description: 'As en_US' })),
}
const Name = Type.String({ maxLength: 200, description: 'Stands in certificates: 1 to 64 characters' })
const ChangeBody = Type.Object(
  { name: Type.Optional(Name), ...changeFields, active: Type.Optional(Type.Boolean()) },
  { title: 'ChangeAccount' },
)
const CreateBody = Type.Object(
  {
    name: Name,
    ...changeFields,
    admin: Type.Optional(
      Type.Object(
        { friendly_name: Type.Optional(Type.String()), email: Type.Optional(Type.String()) },
        { additionalProperties: false, description: 'The service user that begins in it' },
      ),
    ),
  },
  { title: 'CreateAccount' },
)

const example: Static<typeof ManagedAccountView> = {
  ...(EXAMPLE_USER.accounts[0] as Static<typeof AccountView>),
  admins: [{ id: '833e4906-fc45-4bd3-841e-40506c0e8ca8', name: 'Jane Doe', email: 'jane@example.com' }],
  sign_in_methods: [
    { signInMethod: 'standard', status: 'enabled', mfaStatus: 'enabled', clientAuthCertLoginEnabled: false },
  ],
}
const created: Static<typeof CreatedView> = {
  ...example,
  admin_user_id: '833e4906-fc45-4bd3-841e-40506c0e8ca8',
  admin_api_key_id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f10',
  admin_api_key: '01c4f2a9…_…',
}
const tags = ['Account']
const one = jsonAnswer('The account', ManagedAccountView, { account: { summary: 'an account', value: example } })
const INVALID = {
  400: accountAnswer('Something is wrong in the body', 'invalid_request', 'name: 1 to 64 characters on one line.'),
}
const NOT_FOUND = { 404: accountAnswer('It is none of yours', 'account_not_found', 'There is no such account.') }
const TAKEN = accountAnswer(
  'The friendly identifier is taken',
  'account_exists',
  'There is an account with this friendly identifier already.',
)
const OWN = accountAnswer(
  'It is your own, or the friendly identifier is taken',
  'own_account',
  'This is your own account: it can be neither disabled nor ended.',
)

const LIST_SCHEMA = {
  tags,
  operationId: 'listAccounts',
  summary: 'List your accounts',
  description: 'Your own; with MANAGE_AM_PLATFORM all of the platform, oldest first.',
  querystring: Type.Object(PageQuery),
  response: {
    200: jsonAnswer('The accounts', Type.Array(ManagedAccountView), {
      accounts: { summary: 'one account', value: [example] },
    }),
    ...declinedAnswers(VIEW.permission),
  },
}

const GET_SCHEMA = {
  tags,
  operationId: 'getAccount',
  summary: 'Get an account',
  params: IdParams,
  response: { 200: one, ...NOT_FOUND, ...declinedAnswers(VIEW.permission) },
}

const CREATE_SCHEMA = {
  tags,
  operationId: 'createAccount',
  summary: 'Create an account',
  description:
    'With two content credentials (EC P-256 and RSA) and a service user that administers it, whose API key is in this answer only. Administrators of the platform alone may.',
  body: CreateBody,
  response: {
    201: jsonAnswer('The account, with a key to it', CreatedView, {
      account: { summary: 'an account', value: created },
    }),
    ...INVALID,
    409: TAKEN,
    ...declinedAnswers(MANAGE.permission),
  },
}

const CHANGE_SCHEMA = {
  tags,
  operationId: 'changeAccount',
  summary: 'Change an account',
  description:
    'What is left out stays as it is. Its own administrators change the locale; all else takes MANAGE_AM_PLATFORM. Certificates have a new name from their renewal on.',
  params: IdParams,
  body: ChangeBody,
  response: { 200: one, ...INVALID, ...NOT_FOUND, 409: OWN, ...declinedAnswers(CHANGE.permission) },
}

const ENABLE_SCHEMA = {
  tags,
  operationId: 'enableAccount',
  summary: 'Enable or disable an account',
  description: 'Nothing of a disabled account authenticates, from the next request on.',
  params: IdParams,
  body: EnableBody,
  response: {
    200: one,
    400: accountAnswer('Something in the request', 'invalid_request', 'enabled: is missing'),
    ...NOT_FOUND,
    409: OWN,
    ...declinedAnswers(MANAGE.permission),
  },
}
