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
