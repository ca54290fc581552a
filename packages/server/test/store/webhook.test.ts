import { before, type TestContext, test } from 'node:test'
import { deliverDueWebhooks, queueWebhookEvent, type SendWebhook } from '../../src/domain/deliver-webhooks.ts'
import { createWebhook, findWebhook, removeWebhook } from '../../src/domain/manage-webhooks.ts'
import type { Store } from '../../src/domain/store.ts'
import { warnOfEndings } from '../../src/domain/warn-of-endings.ts'
import { createKeys } from '../../src/keys/keys.ts'
import { masterKey } from '../../src/keys/master-key.ts'
import { account, user } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

const DAY = 86_400_000
const url = 'https://hooks.example.com/a?token=hidden'

onBothDatabases('webhooks', (database) => {
  let store: Store
  let time = Date.parse('2026-03-04T05:06:07.891Z')
  const now = (): Date => new Date(time)
  const keys = createKeys({ masterKey: masterKey(new Uint8Array(32).fill(3)), now })
  before(async () => {
    store = await database.open()
  })
  const world = () => ({ store, keys, now })

  async function addAccount() {
    const owner = account()
    const administrator = user(owner.id, { kind: 'standard', permissions: ['MANAGE_AM_ACCOUNT'] })
    await store.accounts.add(owner)
    await store.users.add(administrator)
    return { owner, actor: { kind: 'user', id: administrator.id, accountId: owner.id } as const }
  }

  test('are told of what ends, in the transaction of the warning, and only of what they asked for', async (t: TestContext) => {
    const { owner, actor } = await addAccount()
    const { webhook, secret } = await createWebhook(world(), actor, { url, events: ['service_user.ending'] })
    const other = await createWebhook(world(), actor, { url, events: ['api_key.ending'] })
    t.assert.deepEqual(await findWebhook(world(), owner.id, webhook.id), webhook)
    const ending = user(owner.id, {
      friendlyName: 'Camera 7',
      endsAt: new Date(time + 10 * DAY),
      createdAt: new Date(0),
    })
    await store.users.add(ending)
    t.assert.equal(await warnOfEndings(world()), 1)

    const sent: Parameters<SendWebhook>[0][] = []
    const send: SendWebhook = async (request) => {
      sent.push(request)
      return undefined
    }
    const taken = await Promise.all([1, 2, 3].map(() => deliverDueWebhooks(world(), send)))
    t.assert.equal(taken[0]! + taken[1]! + taken[2]!, 1)
    t.assert.deepEqual(
      sent.map((request) => [request.url, request.secret]),
      [[url, secret]],
    )
    const [delivery, ...more] = await store.webhookDeliveries.list(webhook.id, 10)
    t.assert.deepEqual(more, [])
    t.assert.deepEqual([delivery?.status, delivery?.attempts, delivery?.settledAt], ['delivered', 1, now()])
    t.assert.deepEqual(JSON.parse(sent[0]!.delivery.body), {
      id: delivery!.id,
      event: 'service_user.ending',
      created_at: now().toISOString(),
      account_id: owner.id,
      data: { id: ending.id, name: 'Camera 7', holder: null, ends_at: ending.endsAt!.toISOString(), days: 14 },
    })
    t.assert.deepEqual(await store.webhookDeliveries.list(other.webhook.id, 10), [])

    time += 31 * DAY
    await deliverDueWebhooks(world(), send)
    t.assert.deepEqual(await store.webhookDeliveries.list(webhook.id, 10), [])
  })

  test('that take nothing are tried for five days, with the reason of each failure listed', async (t: TestContext) => {
    const { owner, actor } = await addAccount()
    const { webhook } = await createWebhook(world(), actor, { url, events: ['api_key.ending'] })
    await store.transaction((repositories) =>
      queueWebhookEvent(repositories, now(), { accountId: owner.id, event: 'api_key.ending', data: {} }),
    )
    let attempts = 0
    const refuse: SendWebhook = async () => `refusal ${++attempts}`
    await deliverDueWebhooks(world(), refuse)
    const [first] = await store.webhookDeliveries.list(webhook.id, 10)
    t.assert.deepEqual([first?.status, first?.fault], ['waiting', 'refusal 1'])
    t.assert.deepEqual(first?.nextAttemptAt, new Date(time + 300_000))
    const end = time + 6 * DAY
    for (; time < end; time += 300_000) await deliverDueWebhooks(world(), refuse)
    const [last] = await store.webhookDeliveries.list(webhook.id, 10)
    t.assert.deepEqual([last?.status, last?.attempts, last?.fault], ['failed', attempts, `refusal ${attempts}`])
    t.assert.ok(attempts > 20 && attempts < 40, String(attempts))
    const events = (await store.auditEvents.listUnsealed(1000)).filter(({ resourceId }) => resourceId === webhook.id)
    t.assert.deepEqual(
      events.map(({ action, status }) => `${action} ${status}`),
      ['webhook.create success', 'webhook.deliver failed'],
    )
    t.assert.ok(!JSON.stringify(events).includes('hidden'))
  })

  test('of other accounts are not there, and what is removed hears nothing more', async (t: TestContext) => {
    const { owner, actor } = await addAccount()
    const stranger = await addAccount()
    const { webhook, secret } = await createWebhook(world(), actor, { url, events: ['api_key.ending'] })
    t.assert.ok(!Buffer.from(webhook.wrappedSecret).toString('latin1').includes(secret))
    await t.assert.rejects(findWebhook(world(), stranger.owner.id, webhook.id), { reason: 'not_found' })
    await t.assert.rejects(removeWebhook(world(), stranger.actor, webhook.id), { reason: 'not_found' })
    await store.transaction((repositories) =>
      queueWebhookEvent(repositories, now(), { accountId: owner.id, event: 'api_key.ending', data: {} }),
    )
    const send: SendWebhook = async () => t.assert.fail('it was sent')
    await deliverDueWebhooks(world(), send, AbortSignal.abort())
    await removeWebhook(world(), actor, webhook.id)
    await deliverDueWebhooks(world(), send)
    await t.assert.rejects(findWebhook(world(), owner.id, webhook.id), { reason: 'not_found' })
  })

  test('have https URLs and known events, and there are at most twenty', async (t: TestContext) => {
    const { owner, actor } = await addAccount()
    const events = ['api_key.ending']
    for (const bad of [
      'http://a.example.com/',
      'https://u:p@a.example.com/',
      'https://a.example.com:8443/',
      'x',
      'https://a/#b',
      `https://a/${'x'.repeat(3000)}`,
    ])
      await t.assert.rejects(createWebhook(world(), actor, { url: bad, events }), { code: 'invalid_url' }, bad)
    for (const wrong of [[], ['api_key.ended'], ['api_key.ending', 'constructor']])
      await t.assert.rejects(createWebhook(world(), actor, { url, events: wrong }), { code: 'invalid_event' })
    t.assert.deepEqual(await store.webhooks.list(owner.id), [])
    const made = await Promise.allSettled(
      Array.from({ length: 22 }, () => createWebhook(world(), actor, { url, events })),
    )
    t.assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 20)
    t.assert.equal((await store.webhooks.list(owner.id)).length, 20)
  })
})
