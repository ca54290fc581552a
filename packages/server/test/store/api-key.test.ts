import { before, type TestContext, test } from 'node:test'
import { newApiKey } from '../../src/domain/api-key.ts'
import { authenticateApiKey } from '../../src/domain/authenticate.ts'
import { createApiKey, listApiKeys, removeApiKey, rotateApiKey } from '../../src/domain/manage-api-keys.ts'
import type { Store } from '../../src/domain/store.ts'
import { createKeys } from '../../src/keys/keys.ts'
import { masterKey } from '../../src/keys/master-key.ts'
import { eventsOf } from './events-of.ts'
import { account, NOW, user } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

onBothDatabases('API keys', (database) => {
  let store: Store
  before(async () => {
    store = await database.open()
  })

  async function desk() {
    let time = NOW.getTime()
    const now = (): Date => new Date(time)
    const owner = account()
    const jane = user(owner.id, { permissions: ['MANAGE_AM_API_KEY', 'SIGN_CTM_CONTENT'] })
    await store.accounts.add(owner)
    await store.users.add(jane)
    const keys = createKeys({ masterKey: masterKey(new Uint8Array(32).fill(3)), now })
    const world = { store, keys, now }
    return {
      world,
      principal: { user: jane, account: owner },
      wait(hours: number) {
        time += hours * 3_600_000
      },
      counts: (text: string, address?: string) =>
        authenticateApiKey(world, text, address).then(
          () => true,
          () => false,
        ),
    }
  }

  test('two who rotate a key at once: one does, the other hears of it, and both of the texts that stand count', async (t) => {
    const { world, principal, counts, wait } = await desk()
    const { apiKey, text } = await createApiKey(world, principal, { name: 'desk' })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 2 }, () => rotateApiKey(world, principal, apiKey.id, { overlapHours: 2 })),
    )
    const told = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.text] : []))
    t.assert.equal(told.length, 1)
    const other = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult
    t.assert.equal(other.reason.code, 'rotation_under_way')
    wait(1.9)
    t.assert.deepEqual([await counts(text), await counts(told[0]!)], [true, true])
    wait(0.1)
    t.assert.deepEqual([await counts(text), await counts(told[0]!)], [false, true])
  })

  test('without an overlap every earlier text ends at once', async (t) => {
    const { world, principal, counts } = await desk()
    const { apiKey, text: first } = await createApiKey(world, principal, { name: 'leaked' })
    const { text: second } = await rotateApiKey(world, principal, apiKey.id, { overlapHours: 24 })
    const { text: third } = await rotateApiKey(world, principal, apiKey.id, { overlapHours: 0 })
    t.assert.deepEqual([await counts(first), await counts(second), await counts(third)], [false, false, true])
  })

  test('an end and networks count at each request', async (t) => {
    const { world, principal, counts, wait } = await desk()
    const limits = { endDate: new Date(NOW.getTime() + 3_600_000).toISOString(), allowedNetworks: ['192.0.2.0/24'] }
    const { text } = await createApiKey(world, principal, { name: 'held', ...limits })
    t.assert.equal(await counts(text, '::ffff:192.0.2.9'), true)
    t.assert.equal(await counts(text, '198.51.100.1'), false)
    t.assert.equal(await counts(text), false)
    wait(1.1)
    t.assert.equal(await counts(text, '192.0.2.9'), false)
  })

  test('a deleted key is gone, and each change has its event and no text', async (t: TestContext) => {
    const { world, principal, counts } = await desk()
    const { apiKey, text } = await createApiKey(world, principal, { name: 'short' })
    await removeApiKey(world, principal, apiKey.id)
    t.assert.equal(await counts(text), false)
    t.assert.deepEqual(await listApiKeys(world, principal), [])
    const events = await eventsOf(store.auditEvents, principal.account.id, 10)
    t.assert.deepEqual(new Set(events.map(({ action }) => action)), new Set(['api_key.create', 'api_key.delete']))
    t.assert.ok(!JSON.stringify(events).includes(text))
  })

  test('a user has a hundred keys at most, and a refused one leaves nothing', async (t) => {
    const { world, principal } = await desk()
    for (let index = 0; index < 100; index++)
      await store.apiKeys.add(newApiKey(NOW, { userId: principal.user.id, name: `${index}` }).apiKey)
    await t.assert.rejects(createApiKey(world, principal, { name: 'more' }), { code: 'too_many_api_keys' })
    t.assert.equal((await store.apiKeys.list(principal.user.id)).length, 100)
    t.assert.deepEqual(await eventsOf(store.auditEvents, principal.account.id, 10), [])
  })
})
