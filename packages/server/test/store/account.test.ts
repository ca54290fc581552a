import { type TestContext, test } from 'node:test'
import { newApiKey } from '../../src/domain/api-key.ts'
import { authenticateApiKey } from '../../src/domain/authenticate.ts'
import { changeAccount, setAccountEnabled } from '../../src/domain/manage-accounts.ts'
import { PLATFORM_ROLES, permissionsOfRoles } from '../../src/domain/role.ts'
import { account, NOW, user } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

onBothDatabases('accounts', (database) => {
  test('what one node disables or ends, every other refuses from its next request on', async (t: TestContext) => {
    const place = await database.place()
    const [one, other] = [await database.open(place), await database.open(place)]
    const [first, second] = [account(), account()]
    const administrator = user(first.id, { roles: PLATFORM_ROLES, permissions: permissionsOfRoles(PLATFORM_ROLES) })
    const worker = user(second.id)
    const { apiKey, text } = newApiKey(NOW, { userId: worker.id, name: 'own' })
    for (const owner of [first, second]) await one.accounts.add(owner)
    for (const somebody of [administrator, worker]) await one.users.add(somebody)
    await one.apiKeys.add(apiKey)
    let time = NOW.getTime()
    const [here, there] = [one, other].map((store) => ({ store, now: () => new Date(time) }))
    const principal = { user: administrator, account: first }
    const works = () =>
      authenticateApiKey(there!, text).then(
        () => true,
        () => false,
      )
    t.assert.ok(await works())
    await setAccountEnabled(here!, principal, second.id, false)
    t.assert.ok(!(await works()))
    await setAccountEnabled(here!, principal, second.id, true)
    t.assert.ok(await works())
    await changeAccount(here!, principal, second.id, { servicePeriod: { to: '2026-03-31' } })
    t.assert.ok(await works())
    time = new Date('2026-03-31T23:59:59Z').getTime()
    t.assert.ok(await works())
    time += 1
    t.assert.ok(!(await works()))
  })

  test('a number that another account has is refused, and nothing is changed', async (t: TestContext) => {
    const store = await database.open()
    const [first, second] = [account({ friendlyIdentifier: '7' }), account({ friendlyIdentifier: '8' })]
    const administrator = user(first.id, { roles: PLATFORM_ROLES, permissions: permissionsOfRoles(PLATFORM_ROLES) })
    for (const one of [first, second]) await store.accounts.add(one)
    await store.users.add(administrator)
    const world = { store, now: () => NOW }
    const taken = changeAccount(world, { user: administrator, account: first }, second.id, { friendlyIdentifier: '7' })
    await t.assert.rejects(taken, { code: 'account_exists' })
    t.assert.equal((await store.accounts.find(second.id))?.friendlyIdentifier, '8')
  })
})
