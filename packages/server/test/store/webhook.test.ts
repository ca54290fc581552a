import { before, type TestContext, test } from 'node:test'
import { deliverDueWebhooks, type SendWebhook } from '../../src/domain/deliver-webhooks.ts'
import {
  changeWebhook,
  createWebhook,
  findWebhook,
  removeWebhook,
  rotateWebhookSecret,
  sendDeliveryAgain,
  setWebhookEnabled,
  testWebhook,
} from '../../src/domain/manage-webhooks.ts'
import { auditEvent } from '../../src/domain/record-event.ts'
import type { Store } from '../../src/domain/store.ts'
import { queueWebhookEvent, tellingWebhooks } from '../../src/domain/tell-webhooks.ts'
import { tellOfEnds, warnOfEndings } from '../../src/domain/warn-of-endings.ts'
import type { Webhook } from '../../src/domain/webhook.ts'
import { createKeys } from '../../src/keys/keys.ts'
import { masterKey } from '../../src/keys/master-key.ts'
import { account, user } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

const DAY = 86_400_000
const TAKEN = { fault: undefined, answerStatus: 204 }
const REFUSED = { fault: 'it answered with status 500', answerStatus: 500 }
const written = (secret: Uint8Array): string => `whsec_${Buffer.from(secret).toString('base64')}`
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
      return TAKEN
    }
    const taken = await Promise.all([1, 2, 3].map(() => deliverDueWebhooks(world(), send)))
    t.assert.equal(taken[0]! + taken[1]! + taken[2]!, 1)
    t.assert.deepEqual(
      sent.map((request) => [request.url, request.secrets.map(written)]),
      [[url, [secret]]],
    )
    const [delivery, ...more] = await store.webhookDeliveries.list(webhook.id, 10)
    t.assert.deepEqual(more, [])
    t.assert.deepEqual([delivery?.status, delivery?.attempts, delivery?.settledAt], ['delivered', 1, now()])
    t.assert.deepEqual([delivery?.attemptedAt, delivery?.answerStatus], [now(), 204])
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

  const queue = (accountId: string) =>
    store.transaction((repositories) =>
      queueWebhookEvent(repositories, now(), { accountId, event: 'api_key.ending', data: {} }),
    )

  /** Until the moment, as the job comes around. */
  async function deliverUntil(end: number, send: SendWebhook): Promise<void> {
    for (; time < end; time += 300_000) await deliverDueWebhooks(world(), send)
  }

  async function actionsOn(id: string): Promise<string[]> {
    const events = (await store.auditEvents.listUnsealed(10_000)).filter(({ resourceId }) => resourceId === id)
    if (JSON.stringify(events).includes('hidden')) throw new Error('the audit log has the token in the URL')
    return events.map(({ action, status }) => `${action} ${status}`)
  }

  test('that take nothing are tried ever later, disabled after three days with a mail, and what waited is given up after five', async (t: TestContext) => {
    const { owner, actor } = await addAccount()
    const { webhook } = await createWebhook(world(), actor, { url, events: ['api_key.ending'] })
    await queue(owner.id)
    const begun = time
    let attempts = 0
    const refuse: SendWebhook = async () => ({ ...REFUSED, fault: `refusal ${++attempts}` })
    await deliverDueWebhooks(world(), refuse)
    const [first] = await store.webhookDeliveries.list(webhook.id, 10)
    t.assert.deepEqual([first?.status, first?.fault, first?.answerStatus], ['waiting', 'refusal 1', 500])
    t.assert.deepEqual(first?.nextAttemptAt, new Date(time + 300_000))
    t.assert.deepEqual((await store.webhooks.find(webhook.id))?.failingSince, now())

    const mailsBefore = (await store.mails.listDue(new Date(8.64e15), 1000)).length
    await deliverUntil(begun + 4 * DAY, refuse)
    t.assert.equal((await store.webhooks.find(webhook.id))?.enabled, false)
    t.assert.ok(attempts > 12 && attempts < 25, String(attempts))
    const mails = await store.mails.listDue(new Date(8.64e15), 1000)
    t.assert.equal(mails.length, mailsBefore + 1)
    const { id, wrapped } = mails.at(-1)!
    const mail = Buffer.from(keys.unwrapSecret(id, wrapped)).toString()
    t.assert.match(mail, /took nothing for 3 days/)
    t.assert.ok(!mail.includes('hidden'))

    const before = attempts
    await deliverUntil(begun + 5 * DAY + DAY / 4, refuse)
    t.assert.equal(attempts, before)
    const [last] = await store.webhookDeliveries.list(webhook.id, 10)
    t.assert.deepEqual([last?.status, last?.attempts, last?.fault], ['failed', attempts, `refusal ${attempts}`])
    t.assert.deepEqual(await actionsOn(webhook.id), [
      'webhook.create success',
      'webhook.disable success',
      'webhook.deliver failed',
    ])
  })

  test('that take something between failures stay enabled, and each delivery is tried for five days', async (t: TestContext) => {
    const { owner, actor } = await addAccount()
    const { webhook } = await createWebhook(world(), actor, { url, events: ['api_key.ending'] })
    await queue(owner.id)
    const [poison] = await store.webhookDeliveries.list(webhook.id, 1)
    const refuseOne: SendWebhook = async ({ delivery }) => (delivery.id === poison!.id ? REFUSED : TAKEN)
    const begun = time
    for (let day = 1; day <= 6; day++) {
      await queue(owner.id)
      await deliverUntil(begun + day * DAY, refuseOne)
    }
    t.assert.deepEqual((await store.webhookDeliveries.find(poison!.id))?.status, 'failed')
    t.assert.equal((await store.webhooks.find(webhook.id))?.enabled, true)
  })

  test('that are disabled hear what waited once they are enabled, and hold up nobody', async (t: TestContext) => {
    const { owner, actor } = await addAccount()
    const { webhook } = await createWebhook(world(), actor, { url, events: ['api_key.ending'] })
    await setWebhookEnabled(world(), actor, webhook.id, false)
    for (let count = 0; count < 80; count++) await queue(owner.id)
    const other = await addAccount()
    const { webhook: theirs } = await createWebhook(world(), other.actor, { url, events: ['api_key.ending'] })
    time += 1000
    await queue(other.owner.id)
    const heard: string[] = []
    const send: SendWebhook = async ({ delivery }) => {
      heard.push((await store.webhookDeliveries.find(delivery.id))!.webhookId)
      return TAKEN
    }
    await deliverDueWebhooks(world(), send)
    t.assert.deepEqual(heard, [theirs.id])
    await t.assert.rejects(testWebhook(world(), actor, webhook.id), { code: 'webhook_disabled' })

    await setWebhookEnabled(world(), actor, webhook.id, true)
    for (let go = 0; go < 10; go++) t.assert.equal(await deliverDueWebhooks(world(), send), 8)
    t.assert.equal(heard.length, 81)
    t.assert.equal(await deliverDueWebhooks(world(), send), 0)
  })

  test('sign by both secrets while a rotation overlaps, and by the new one alone afterwards', async (t: TestContext) => {
    const { owner, actor } = await addAccount()
    const stranger = await addAccount()
    const { webhook, secret } = await createWebhook(world(), actor, { url, events: ['api_key.ending'] })
    const rotate = (overlapHours: number) => rotateWebhookSecret(world(), actor, webhook.id, { overlapHours })
    const rotated = await rotate(24)
    t.assert.notEqual(rotated.secret, secret)
    await t.assert.rejects(rotate(1), { code: 'rotation_under_way' })
    await t.assert.rejects(rotateWebhookSecret(world(), stranger.actor, webhook.id, { overlapHours: 0 }), {
      reason: 'not_found',
    })
    const secrets: string[][] = []
    const send: SendWebhook = async (request) => {
      secrets.push(request.secrets.map(written))
      return TAKEN
    }
    for (const wait of [0, 24 * 3_600_000]) {
      time += wait
      await queue(owner.id)
      await deliverDueWebhooks(world(), send)
    }
    t.assert.deepEqual(secrets, [[rotated.secret, secret], [rotated.secret]])
    await rotate(24)
    const last = await rotate(0)
    await queue(owner.id)
    await deliverDueWebhooks(world(), send)
    t.assert.deepEqual(secrets.at(-1), [last.secret])
    for (const wrapped of [webhook.wrappedSecret, rotated.webhook.wrappedSecret])
      for (const plain of [secret, rotated.secret])
        t.assert.ok(!Buffer.from(wrapped).includes(Buffer.from(plain.slice(6), 'base64')))
  })

  test('are told again by hand, under the same id, and tested whatever they are told of', async (t: TestContext) => {
    const { owner, actor } = await addAccount()
    const stranger = await addAccount()
    const { webhook } = await createWebhook(world(), actor, { url, events: ['user.created'] })
    const sent: string[] = []
    const send: SendWebhook = async ({ delivery }) => {
      sent.push(delivery.id)
      return TAKEN
    }
    const { id, body } = await testWebhook(world(), actor, webhook.id)
    t.assert.equal(JSON.parse(body).event, 'webhook.test')
    t.assert.equal(await deliverDueWebhooks(world(), send), 1)
    const again = { webhookId: webhook.id, deliveryId: id }
    t.assert.equal((await sendDeliveryAgain(world(), actor, again)).status, 'waiting')
    t.assert.equal(await deliverDueWebhooks(world(), send), 1)
    t.assert.deepEqual(sent, [id, id])
    t.assert.deepEqual((await store.webhookDeliveries.find(id))?.attempts, 2)
    const { webhook: other } = await createWebhook(world(), actor, { url, events: ['user.created'] })
    for (const [who, wrong] of [
      [stranger.actor, again],
      [actor, { ...again, webhookId: other.id }],
      [actor, { ...again, deliveryId: owner.id }],
    ] as const)
      await t.assert.rejects(sendDeliveryAgain(world(), who, wrong), { reason: 'not_found' })
    await t.assert.rejects(testWebhook(world(), stranger.actor, webhook.id), { reason: 'not_found' })
    t.assert.equal(await deliverDueWebhooks(world(), send), 0)
  })

  test('are told what is done in the transaction in which it is, and nothing of what is rolled back', async (t: TestContext) => {
    const { owner, actor } = await addAccount()
    const stranger = await addAccount()
    const { webhook } = await createWebhook(world(), actor, {
      url,
      events: ['user.disabled', 'client_auth_certificate.renewed', 'api_key.rotated'],
    })
    const telling = tellingWebhooks(store)
    const audited = (action: string, details: object = {}, accountId = owner.id) =>
      auditEvent(
        now(),
        { ...actor, accountId },
        {
          action,
          resourceType: 'user',
          resourceId: 'the-id',
          details: { name: 'Desk', secret: 'not to be told', ...details },
        },
      )
    await t.assert.rejects(
      telling.transaction(async ({ auditEvents }) => {
        await auditEvents.append(audited('user.disable'))
        throw new Error('it fails')
      }),
      /it fails/,
    )
    t.assert.deepEqual(await store.webhookDeliveries.list(webhook.id, 10), [])
    await telling.transaction(({ auditEvents }) => auditEvents.append(audited('user.disable', { userId: 'holder' })))
    await telling.auditEvents.append(audited('api_key.rotate'))
    for (const untold of [
      audited('api_key.create'),
      audited('client_auth_certificate.create'),
      audited('content.sign'),
      audited('constructor'),
      audited('user.disable', {}, stranger.owner.id),
      { ...audited('user.disable'), status: 'failed' as const },
      { ...audited('user.disable'), accountId: undefined },
    ])
      await telling.auditEvents.append(untold)
    await telling.auditEvents.append(audited('client_auth_certificate.create', { renewed: 'the-one-before' }))
    const told = (await store.webhookDeliveries.list(webhook.id, 10)).map(({ body }) => JSON.parse(body))
    const data = { id: 'the-id', name: 'Desk', user_id: null, actor_id: actor.id }
    t.assert.deepEqual(Object.fromEntries(told.map((one) => [one.event, one.data])), {
      'user.disabled': { ...data, user_id: 'holder' },
      'api_key.rotated': data,
      'client_auth_certificate.renewed': { ...data, renewed_id: 'the-one-before' },
    })
    t.assert.equal((await actionsOn('the-id')).length, 10)
  })

  test('are told once of what has ended, and not of what ended long ago', async (t: TestContext) => {
    const { owner, actor } = await addAccount()
    const { webhook } = await createWebhook(world(), actor, { url, events: ['service_user.ended'] })
    const add = async (changes: Parameters<typeof user>[1]) => {
      const one = user(owner.id, { createdAt: new Date(0), ...changes })
      await store.users.add(one)
      return one
    }
    const ended = await add({ friendlyName: 'Camera 8', endsAt: new Date(time - 1000) })
    await add({ endsAt: new Date(time - 8 * DAY) })
    await add({ endsAt: new Date(time + 1000) })
    await add({ endsAt: new Date(time - 1000), status: 'disabled' })
    await Promise.all([tellOfEnds(world()), tellOfEnds(world())])
    t.assert.equal(await tellOfEnds(world()), 0)
    const told = (await store.webhookDeliveries.list(webhook.id, 10)).map(({ body }) => JSON.parse(body).data)
    t.assert.deepEqual(told, [{ id: ended.id, name: 'Camera 8', holder: null, ends_at: ended.endsAt!.toISOString() }])
  })

  test('are changed, and only by who manages their account', async (t: TestContext) => {
    const { owner, actor } = await addAccount()
    const stranger = await addAccount()
    const { webhook } = await createWebhook(world(), actor, { url, events: ['api_key.ending'] })
    const next = { url: 'https://other.example.com/', events: ['user.created'] } as const
    const expected: Webhook = { ...webhook, ...next }
    t.assert.deepEqual(await changeWebhook(world(), actor, webhook.id, next), expected)
    t.assert.deepEqual(await findWebhook(world(), owner.id, webhook.id), expected)
    await t.assert.rejects(changeWebhook(world(), stranger.actor, webhook.id, {}), { reason: 'not_found' })
    await t.assert.rejects(setWebhookEnabled(world(), stranger.actor, webhook.id, false), { reason: 'not_found' })
    await t.assert.rejects(changeWebhook(world(), actor, webhook.id, { url: 'http://a.example.com/' }), {
      code: 'invalid_url',
    })
    await t.assert.rejects(changeWebhook(world(), actor, webhook.id, { events: ['webhook.test'] }), {
      code: 'invalid_event',
    })
    t.assert.deepEqual(await findWebhook(world(), owner.id, webhook.id), expected)
  })

  test('of other accounts are not there, and what is removed hears nothing more', async (t: TestContext) => {
    const { owner, actor } = await addAccount()
    const stranger = await addAccount()
    const { webhook, secret } = await createWebhook(world(), actor, { url, events: ['api_key.ending'] })
    t.assert.ok(!Buffer.from(webhook.wrappedSecret).toString('base64').includes(secret.slice(6)))
    await t.assert.rejects(findWebhook(world(), stranger.owner.id, webhook.id), { reason: 'not_found' })
    await t.assert.rejects(removeWebhook(world(), stranger.actor, webhook.id), { reason: 'not_found' })
    while ((await deliverDueWebhooks(world(), async () => TAKEN)) > 0);
    await queue(owner.id)
    const send: SendWebhook = async () => t.assert.fail('it was sent')
    await deliverDueWebhooks(world(), send, AbortSignal.abort())
    const removals = await Promise.allSettled([1, 2].map(() => removeWebhook(world(), actor, webhook.id)))
    t.assert.deepEqual(removals.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
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
    for (const wrong of [[], ['api_key.gone'], ['webhook.test'], ['api_key.ending', 'constructor']])
      await t.assert.rejects(createWebhook(world(), actor, { url, events: wrong }), { code: 'invalid_event' })
    t.assert.deepEqual(await store.webhooks.list(owner.id), [])
    const made = await Promise.allSettled(
      Array.from({ length: 22 }, () => createWebhook(world(), actor, { url, events })),
    )
    t.assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 20)
    t.assert.equal((await store.webhooks.list(owner.id)).length, 20)
  })
})
