import { after, before, type TestContext, test } from 'node:test'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

const ME = '/account/api/v1/user/me'
let platform: TestPlatform
before(async () => {
  platform = await startTestPlatform()
})
after(() => platform.stop())

const byKey = (key: string): Promise<Answer> => platform.ask(ME, { door: 'api', headers: { 'x-api-key': key } })

type User = {
  readonly [field: string]: unknown
  readonly applications: readonly { readonly id: string; readonly name: string; readonly permissions: string[] }[]
}

test('a service user is told by certificate and by API key alike, in the fields of the reference', async (t: TestContext) => {
  const { account } = platform
  const answers = [await platform.ask(ME), await byKey(account.service_api_key)]
  for (const answer of answers) {
    t.assert.equal(answer.status, 200)
    const { applications, created_at, created_by, accounts, ...rest } = json<User>(answer)
    t.assert.deepEqual(rest, {
      id: account.service_user_id,
      email: 'quickstart@countersign.localhost',
      status: 'ACTIVE',
      access_scope: 'account',
      primary_account_id: account.account_id,
      user_type: 'service',
      friendly_name: 'Quickstart Service',
      description: 'Signs by the lines of the quickstart',
      locale: 'en_US',
    })
    t.assert.match(String(created_at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    t.assert.match(String(created_by), /^[0-9a-f-]{36}$/)
    t.assert.deepEqual(accounts, [
      {
        id: account.account_id,
        name: 'Countersign Quickstart',
        active: true,
        service_period: { from: String(created_at).slice(0, 10), to: '9999-12-31' },
        friendly_identifier: '1000001',
        locale: 'en_US',
      },
    ])
    t.assert.deepEqual(
      applications.find(({ name }) => name === 'IoT Trust'),
      {
        id: '1a05282a-ec70-4da9-b921-933c070fcf80',
        name: 'IoT Trust',
        permissions: ['MANAGE_IOT_CERTIFICATE', 'VIEW_IOT_CERTIFICATE', 'VIEW_IOT_ENROLLMENT_PROFILE'],
      },
    )
  }
})

test('every permission of a user is in one of its applications', async (t: TestContext) => {
  const answer = json<User>(await byKey(platform.account.admin_api_key))
  t.assert.equal(answer.user_type, 'standard')
  const administrator = (await platform.world.store.users.find(String(answer.id)))!
  t.assert.deepEqual(
    answer.applications.flatMap(({ permissions }) => permissions).sort(),
    [...administrator.permissions].sort(),
  )
})

test('who may nothing has no applications, and an account that ends says when', async (t: TestContext) => {
  const { users, accounts } = platform.world.store
  const user = (await users.find(platform.account.service_user_id))!
  const account = (await accounts.find(user.accountId))!
  await users.update({ ...user, permissions: [] })
  await accounts.update({
    ...account,
    servicePeriod: { from: new Date('2021-05-06'), to: new Date('2130-05-06T23:59:59Z') },
  })
  t.after(async () => {
    await users.update(user)
    await accounts.update(account)
  })
  const answer = json<User & { accounts: [{ service_period: object }] }>(await platform.ask(ME))
  t.assert.deepEqual(answer.applications, [])
  t.assert.deepEqual(answer.accounts[0].service_period, { from: '2021-05-06', to: '2130-05-06' })
})

test('secrets of a user are not told', async (t: TestContext) => {
  const text = (await byKey(platform.account.admin_api_key)).body.toString()
  t.assert.doesNotMatch(text, /argon2|password|hash/i)
})
