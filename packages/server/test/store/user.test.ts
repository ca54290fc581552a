import { before, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { newApiKey } from '../../src/domain/api-key.ts'
import { authenticateApiKey } from '../../src/domain/authenticate.ts'
import { createPerson } from '../../src/domain/invite-person.ts'
import { createApiKey } from '../../src/domain/manage-api-keys.ts'
import { createRole } from '../../src/domain/manage-roles.ts'
import { changeUser, createServiceUser, removeUser, setUserEnabled } from '../../src/domain/manage-users.ts'
import { ADMINISTRATOR_ROLES, permissionsOfRoles } from '../../src/domain/role.ts'
import type { Store } from '../../src/domain/store.ts'
import type { World } from '../../src/domain/world.ts'
import { eventsOf } from './events-of.ts'
import { account, NOW, user } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

onBothDatabases('users', (database) => {
  let store: Store
  before(async () => {
    store = await database.open()
  })

  async function office() {
    const owner = account()
    const roles = ADMINISTRATOR_ROLES
    const person = { kind: 'standard', roles, permissions: permissionsOfRoles(roles) } as const
    const [jane, john] = [user(owner.id, person), user(owner.id, person)]
    await store.accounts.add(owner)
    for (const one of [jane, john]) await store.users.add(one)
    // Deleting asks for nothing else of the world while there are no certificates.
    const world = { store, now: () => NOW } as World
    return { world, john, principal: { user: jane, account: owner } }
  }

  test('who asks for what no column keeps is declined alone', async (t: TestContext) => {
    const owner = account()
    const one = user(owner.id)
    await store.accounts.add(owner)
    await store.users.add(one)
    const nobody = store.users.find('\0')
    const [found] = await Promise.all([store.users.find(one.id), t.assert.rejects(nobody, { code: 'invalid_text' })])
    t.assert.deepEqual(found, one)
  })

  test('a service user acts by its key until it is disabled or deleted, each with its event', async (t: TestContext) => {
    const { world, principal } = await office()
    const { user: made, told } = await createServiceUser(world, principal, {
      friendlyName: 'Desk',
      roles: ['CTM_SIGNER'],
    })
    t.assert.deepEqual((await authenticateApiKey(world, told.text)).user, made)
    await setUserEnabled(world, principal, made.id, false)
    await t.assert.rejects(authenticateApiKey(world, told.text), { code: 'invalid_api_key' })
    await setUserEnabled(world, principal, made.id, true)
    await changeUser(world, principal, made.id, { roles: ['IOT_ADMIN'] })
    t.assert.deepEqual((await authenticateApiKey(world, told.text)).user.permissions, permissionsOfRoles(['IOT_ADMIN']))
    await removeUser(world, principal, made.id)
    await t.assert.rejects(authenticateApiKey(world, told.text), { code: 'invalid_api_key' })
    t.assert.equal(await store.users.find(made.id), undefined)
    await t.assert.rejects(store.users.update(made), { reason: 'not_found' })
    const events = await eventsOf(store.auditEvents, principal.account.id, 20)
    t.assert.deepEqual(
      events
        .filter(({ resourceId }) => resourceId === made.id)
        .map(({ action }) => action)
        .sort(),
      ['user.create', 'user.delete', 'user.disable', 'user.enable', 'user.update'],
    )
    t.assert.ok(!JSON.stringify(events).includes(told.text))
  })

  test('the address of a person who was deleted is free again', async (t: TestContext) => {
    const { world, john, principal } = await office()
    await removeUser(world, principal, john.id)
    t.assert.equal(await store.users.findByEmail(john.email), undefined)
    await store.users.add(user(john.accountId, { kind: 'standard', email: john.email }))
    t.assert.notEqual((await store.users.findByEmail(john.email))?.id, john.id)
  })

  test('who was deleted while the request was read makes nothing any more', async (t: TestContext) => {
    const { world, john, principal } = await office()
    const { user: desk } = await createServiceUser(world, principal, { friendlyName: 'Desk', roles: ['CTM_SIGNER'] })
    const gone = { ...principal, user: john }
    await removeUser(world, principal, john.id)
    const before = await store.users.list(principal.account.id)
    const person = { friendlyName: 'Back', email: `${john.id}@example.com`, roles: ['AM_VIEW_ONLY'] }
    const role = { name: 'Back', applicationCode: 'account_manager', permissions: ['VIEW_AM_USER'] } as const
    const attempts = {
      user: () => createServiceUser(world, gone, { friendlyName: 'Back', roles: ['AM_VIEW_ONLY'] }),
      person: () => createPerson(world, gone, person, 'https://countersign.localhost'),
      role: () => createRole(world, gone, role),
      key: () => createApiKey(world, gone, { name: 'Back', userId: desk.id }),
    }
    for (const [what, attempt] of Object.entries(attempts))
      await t.assert.rejects(attempt, { reason: 'forbidden' }, what)
    t.assert.deepEqual(await store.users.list(principal.account.id), before)
    t.assert.deepEqual(await store.roles.list(principal.account.id), [])
  })

  test('who lost a permission while the request was read gives it to nobody', async (t: TestContext) => {
    const { world, john, principal } = await office()
    const before = { ...principal, user: john }
    await changeUser(world, principal, john.id, { roles: ['AM_USER_MANAGER'] })
    const wish = { friendlyName: 'More', roles: ['AM_ACCOUNT_ADMIN'] }
    await t.assert.rejects(createServiceUser(world, before, wish), { reason: 'forbidden' })
  })

  test('a key that is made at the moment in which its user is deleted goes with it', async (t: TestContext) => {
    const { world, principal } = await office()
    const { user: made } = await createServiceUser(world, principal, { friendlyName: 'Desk', roles: ['CTM_SIGNER'] })
    const { apiKey } = newApiKey(NOW, { userId: made.id, name: 'late' })
    const begun = Promise.withResolvers<void>()
    const making = store.transaction(async ({ locks, apiKeys }) => {
      await locks.take(`api-keys:${made.id}`)
      begun.resolve()
      await apiKeys.add(apiKey)
      await delay(100)
    })
    await begun.promise
    await Promise.all([making, removeUser(world, principal, made.id)])
    t.assert.deepEqual(await store.apiKeys.list(made.id), [])
    const own = { ...principal, user: made }
    await t.assert.rejects(createApiKey(world, own, { name: 'later' }), { reason: 'not_found' })
  })

  test('two administrators who disable one another at once: one stays', async (t: TestContext) => {
    const { world, john, principal } = await office()
    await Promise.allSettled([
      setUserEnabled(world, principal, john.id, false),
      setUserEnabled(world, { ...principal, user: john }, principal.user.id, false),
    ])
    const left = (await store.users.list(principal.account.id)).filter(({ status }) => status === 'active')
    t.assert.ok(left.length > 0)
  })
})
