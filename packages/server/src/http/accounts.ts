import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { findAccount, listAccounts, type ManagedAccount } from '../domain/find-accounts.ts'
import type { World } from '../domain/world.ts'
import { IdParams } from './account-body.ts'
import { declinedAnswers } from './declined.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { PageQuery, pageOf } from './page.ts'
import { principalOf } from './route.ts'
import { AccountView, accountView, EXAMPLE_USER } from './user.ts'

const PATH = '/account/api/v1/account'
const VIEW = { permission: 'VIEW_AM_ACCOUNT' } as const

/** The accounts of who asks. */
export function addAccountRoutes(app: FastifyInstance, world: Pick<World, 'store'>): void {
  app.get(PATH, { config: VIEW, schema: LIST_SCHEMA }, async (request, reply) =>
    pageOf(request, reply, await listAccounts(world, principalOf(request))).map(managedAccountView),
  )

  app.get<{ Params: { readonly id: string } }>(`${PATH}/:id`, { config: VIEW, schema: GET_SCHEMA }, async (request) =>
    managedAccountView(await findAccount(world, principalOf(request), request.params.id)),
  )
}

function managedAccountView({ account, administrators }: ManagedAccount): Static<typeof ManagedAccountView> {
  return {
    ...accountView(account),
    admins: administrators.map(({ id, friendlyName: name, email }) => ({ id, name, email })),
    // People don't sign in here yet, and certificates are for programs.
    sign_in_methods: [
      { signInMethod: 'standard', status: 'disabled', mfaStatus: 'disabled', clientAuthCertLoginEnabled: false },
    ],
  }
}

const Switch = Type.Enum(['enabled', 'disabled'], { type: 'string' })

const ManagedAccountView = Type.Object(
  {
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
  },
  { title: 'ManagedAccount' },
)

const example: Static<typeof ManagedAccountView> = {
  ...(EXAMPLE_USER.accounts[0] as Static<typeof AccountView>),
  admins: [{ id: '833e4906-fc45-4bd3-841e-40506c0e8ca8', name: 'Jane Doe', email: 'jane@example.com' }],
  sign_in_methods: [
    { signInMethod: 'standard', status: 'disabled', mfaStatus: 'disabled', clientAuthCertLoginEnabled: false },
  ],
}

const LIST_SCHEMA = {
  tags: ['Account'],
  operationId: 'listAccounts',
  summary: 'List your accounts',
  querystring: Type.Object(PageQuery),
  response: {
    200: jsonAnswer('The accounts', Type.Array(ManagedAccountView), {
      accounts: { summary: 'one account', value: [example] },
    }),
    ...declinedAnswers(VIEW.permission),
  },
}

const GET_SCHEMA = {
  tags: ['Account'],
  operationId: 'getAccount',
  summary: 'Get an account',
  params: IdParams,
  response: {
    200: jsonAnswer('The account', ManagedAccountView, { account: { summary: 'an account', value: example } }),
    404: accountAnswer('It is none of yours', 'account_not_found', 'There is no such account.'),
    ...declinedAnswers(VIEW.permission),
  },
}
