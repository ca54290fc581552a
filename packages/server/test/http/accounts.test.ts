import { after, before, type TestContext, test } from 'node:test'
import { newApiKey } from '../../src/domain/api-key.ts'
import { permissionsOfRoles } from '../../src/domain/role.ts'
import { account, user } from '../store/noun.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

type View = { id: string; name: string; admins: { id: string; name: string; email: string }[] }

const PATH = '/account/api/v1/account'
let platform: TestPlatform
before(async () => {
  platform = await startTestPlatform()
})
after(() => platform.stop())

const ask = (path: string, key = platform.account.admin_api_key): Promise<Answer> =>
  platform.ask(path, { door: 'api', headers: { 'x-api-key': key } })

test('the own account is listed and got, with who manages it', async (t: TestContext) => {
  const list = await ask(PATH)
  const [mine, ...others] = json<View[]>(list)
  t.assert.deepEqual([mine?.id, others], [platform.account.account_id, []])
  t.assert.equal(list.headers['x-total-count'], '1')
  t.assert.deepEqual(json(await ask(`${PATH}/${mine!.id}`)), mine)
  t.assert.deepEqual(Object.keys(mine!).sort(), [
    'active',
    'admins',
    'friendly_identifier',
    'id',
    'locale',
    'name',
    'service_period',
    'sign_in_methods',
  ])
  t.assert.deepEqual(
    mine!.admins.map(({ name, email }) => [name, email]),
    [['Administrator', platform.account.admin_email]],
  )
})

test('another account is not there, and the other way round', async (t: TestContext) => {
  const { world } = platform
  const foreign = account()
  const stranger = user(foreign.id, { roles: ['AM_VIEW_ONLY'], permissions: permissionsOfRoles(['AM_VIEW_ONLY']) })
  const { apiKey, text } = newApiKey(world.now(), { userId: stranger.id, name: 'own' })
  await world.store.accounts.add(foreign)
  await world.store.users.add(stranger)
  await world.store.apiKeys.add(apiKey)
  for (const [id, key] of [
    [foreign.id, undefined],
    [platform.account.account_id, text],
    ['x', text],
  ] as const) {
    const answer = await ask(`${PATH}/${id}`, key)
    t.assert.deepEqual([answer.status, json(answer).errors[0]!.code], [404, 'account_not_found'])
  }
  t.assert.deepEqual(
    json<View[]>(await ask(PATH, text)).map(({ id, admins }) => [id, admins]),
    [[foreign.id, []]],
  )
})
