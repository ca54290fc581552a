import { randomUUID } from 'node:crypto'
import { after, before, type TestContext, test } from 'node:test'
import { PERMISSIONS } from '../../src/domain/permission.ts'
import { ADMINISTRATOR_ROLES, PLATFORM_ROLES, permissionsOfRoles, ROLES } from '../../src/domain/role.ts'
import { json, startTestPlatform, type TestPlatform } from './test-platform.ts'

type View = { id: string; name: string; application_code: string; permissions: string[] }

let platform: TestPlatform
before(async () => {
  platform = await startTestPlatform()
})
after(() => platform.stop())

const ask = (query = '') =>
  platform.ask(`/account/api/v1/role${query}`, {
    door: 'api',
    headers: { 'x-api-key': platform.account.admin_api_key },
  })

test('the roles are listed by application, under the names that tutorials use', async (t: TestContext) => {
  t.assert.deepEqual(
    json<View[]>(await ask()).map(({ name }) => name),
    ROLES.map(({ name }) => name),
  )
  const roles = json<View[]>(await ask('?application_code=account_manager'))
  t.assert.deepEqual(roles.map(({ id }) => id).sort(), [
    'AM_ACCOUNT_ADMIN',
    'AM_CERTIFICATE_HOLDER',
    'AM_PLATFORM_ADMIN',
    'AM_USER_MANAGER',
    'AM_VIEW_ONLY',
  ])
  t.assert.ok(roles.every(({ permissions }) => permissions.every((permission) => permission.includes('_AM_'))))
  const unknown = await ask('?application_code=nobody')
  t.assert.equal(unknown.status, 400)
  t.assert.match(json(unknown).errors[0]!.message, /application_code/)
})

test('who has the roles of an administrator may do everything, and who only looks changes nothing', (t: TestContext) => {
  t.assert.deepEqual(
    [...permissionsOfRoles([...ADMINISTRATOR_ROLES, ...PLATFORM_ROLES])].sort(),
    [...PERMISSIONS].sort(),
  )
  const ofPlatform = PERMISSIONS.filter((permission) => !permissionsOfRoles(ADMINISTRATOR_ROLES).includes(permission))
  t.assert.deepEqual(ofPlatform, ['MANAGE_CTM_TRUST_LIST', 'MANAGE_AM_PLATFORM'])
  for (const { name, permissions } of ROLES.filter((role) => role.name.endsWith('VIEW_ONLY')))
    t.assert.ok(
      permissions.every((permission) => permission.startsWith('VIEW_')),
      name,
    )
})

test('a program that signs has certificates of its own, without a right over anybody else', async (t: TestContext) => {
  t.assert.deepEqual(permissionsOfRoles(['AM_CERTIFICATE_HOLDER']), ['MANAGE_AM_CLIENT_AUTH_CERTIFICATE'])
  const post = (path: string, key: string, body: object) => {
    const bytes = Buffer.from(JSON.stringify(body))
    const headers = { 'x-api-key': key, 'content-type': 'application/json', 'content-length': bytes.length }
    return platform.ask(`/account/api/v1/${path}`, { door: 'api', method: 'POST', headers, body: bytes })
  }
  const program = async (roles: string[]): Promise<string> =>
    json<{ api_key: string }>(await post('user', platform.account.admin_api_key, { friendly_name: 'CI', roles }))
      .api_key
  const certificate = async (key: string): Promise<number> =>
    (await post('client-auth-certificate/generate', key, { name: `CI ${randomUUID()}` })).status
  t.assert.equal(await certificate(await program(['CTM_SIGNER'])), 403)
  const key = await program(['CTM_SIGNER', 'AM_CERTIFICATE_HOLDER'])
  t.assert.equal(await certificate(key), 201)
  const of = `client-auth-certificate?user_id=${platform.account.service_user_id}`
  const others = await platform.ask(`/account/api/v1/${of}`, { door: 'api', headers: { 'x-api-key': key } })
  t.assert.equal(others.status, 404)
})
