import { type Static, Type } from 'typebox'
import type { Account } from '../domain/account.ts'
import { applicationsOf } from '../domain/application.ts'
import type { Permission } from '../domain/permission.ts'
import type { User } from '../domain/user.ts'
import { dayText, secondText } from './timestamp.ts'

/** The end of what has none, as RFC 5280 §4.1.2.5 writes it: clients take every end for a day. */
const NO_END = '9999-12-31'

/** An account as its users see it. */
export const AccountView = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    active: Type.Boolean(),
    service_period: Type.Object({
      from: Type.String({ format: 'date' }),
      to: Type.String({ format: 'date', description: `${NO_END} when there is no end` }),
    }),
    friendly_identifier: Type.String(),
    locale: Type.String(),
  },
  { title: 'Account' },
)

/** A user with what it may do. */
export const UserView = Type.Object(
  {
    id: Type.String(),
    email: Type.String(),
    status: Type.Enum(['ACTIVE', 'DISABLED'], { type: 'string' }),
    access_scope: Type.Enum(['account'], { type: 'string' }),
    primary_account_id: Type.String(),
    created_at: Type.String({ format: 'date-time' }),
    created_by: Type.Union([Type.String(), Type.Null()], { description: 'null for whom the platform itself made' }),
    user_type: Type.Enum(['service', 'standard'], { type: 'string' }),
    friendly_name: Type.String(),
    description: Type.String(),
    locale: Type.String(),
    applications: Type.Array(
      Type.Object({ id: Type.String(), name: Type.String(), permissions: Type.Array(Type.String()) }),
    ),
    accounts: Type.Array(AccountView),
  },
  { title: 'User' },
)

export function accountView(account: Account): Static<typeof AccountView> {
  const { from, to } = account.servicePeriod
  return {
    id: account.id,
    name: account.name,
    active: account.active,
    service_period: { from: dayText(from), to: to ? dayText(to) : NO_END },
    friendly_identifier: account.friendlyIdentifier,
    locale: account.locale,
  }
}

/** What is told of a user; of the permissions, those that are given. */
export function userView(user: User, account: Account, permissions: readonly Permission[]): Static<typeof UserView> {
  return {
    id: user.id,
    email: user.email,
    status: user.status === 'active' ? 'ACTIVE' : 'DISABLED',
    access_scope: 'account',
    primary_account_id: user.accountId,
    created_at: secondText(user.createdAt),
    created_by: user.createdBy ?? null,
    user_type: user.kind,
    friendly_name: user.friendlyName,
    description: user.description,
    locale: user.locale,
    applications: applicationsOf(permissions).map(({ id, name, permissions }) => ({
      id,
      name,
      permissions: [...permissions],
    })),
    accounts: [accountView(account)],
  }
}

/** An example for the document. */
export const EXAMPLE_USER: Static<typeof UserView> = {
  id: '783a6a45-b74b-4635-bb4b-69855910ccd3',
  email: 'jane@example.com',
  status: 'ACTIVE',
  access_scope: 'account',
  primary_account_id: '4b13f12d-c8b2-4c49-a21f-9b399364f2ce',
  created_at: '2026-11-23T08:55:19Z',
  created_by: '8f7f8b1f-63c1-4580-af7d-ea4cd890e8f7',
  user_type: 'service',
  friendly_name: 'Example service user',
  description: '',
  locale: 'en_US',
  applications: [
    { id: '1a05282a-ec70-4da9-b921-933c070fcf80', name: 'IoT Trust', permissions: ['VIEW_IOT_CERTIFICATE'] },
  ],
  accounts: [
    {
      id: '4b13f12d-c8b2-4c49-a21f-9b399364f2ce',
      name: 'Example account',
      active: true,
      service_period: { from: '2026-11-06', to: '2030-05-06' },
      friendly_identifier: '1234567',
      locale: 'en_US',
    },
  ],
}
