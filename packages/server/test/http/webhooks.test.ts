import { after, before, type TestContext, test } from 'node:test'
import { type Answer, type AskOptions, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

let platform: TestPlatform
before(async () => {
  platform = await startTestPlatform()
})
after(() => platform.stop())

const PATH = '/account/api/v1/webhook'

/** Every route of one webhook. */
const ROUTES = [
  ['', 'GET', undefined],
  ['', 'PUT', {}],
  ['', 'DELETE', undefined],
  ['/enable', 'PUT', { enabled: false }],
  ['/rotate', 'POST', { overlap_hours: 0 }],
  ['/test', 'POST', undefined],
  ['/delivery', 'GET', undefined],
  [`/delivery/${crypto.randomUUID()}/resend`, 'POST', undefined],
] as const

function ask(path: string, { headers, ...options }: AskOptions = {}, body?: unknown): Promise<Answer> {
  return platform.ask(path, {
    door: 'api',
    headers: {
      'x-api-key': platform.account.admin_api_key,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: Buffer.from(JSON.stringify(body)) }),
    ...options,
  })
}

test('a webhook is made, shown without its secret, and removed', async (t: TestContext) => {
  const wanted = { url: 'https://hooks.example.com/a', events: ['api_key.ending', 'client_auth_certificate.ending'] }
  const created = await ask(PATH, {}, wanted)
  t.assert.equal(created.status, 201, created.body.toString())
  const { secret, ...webhook } = json<{ id: string; secret: string; url: string; events: string[] }>(created)
  t.assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  t.assert.deepEqual([webhook.url, webhook.events.toSorted()], [wanted.url, wanted.events.toSorted()])
  t.assert.deepEqual(json<unknown>(await ask(`${PATH}/${webhook.id}`)), webhook)
  t.assert.deepEqual(json<unknown>(await ask(PATH)), [webhook])
  t.assert.deepEqual(json<unknown>(await ask(`${PATH}/${webhook.id}/delivery`)), [])
  t.assert.equal((await ask(`${PATH}/${webhook.id}`, { method: 'DELETE' })).status, 204)
  for (const [path, method, body] of ROUTES) {
    const gone = await ask(`${PATH}/${webhook.id}${path}`, { method }, body)
    t.assert.deepEqual([gone.status, json(gone).errors[0]?.code], [404, 'webhook_not_found'])
  }
  t.assert.ok(!platform.log.join('').includes(secret))
})

test('a body that will not do is refused, with what would', async (t: TestContext) => {
  const events = ['api_key.ending']
  for (const [body, code] of [
    [{ url: 'http://hooks.example.com/', events }, 'invalid_url'],
    [{ url: 'https://hooks.example.com/', events: ['nothing'] }, 'invalid_event'],
    [{ url: 'https://hooks.example.com/', events: [] }, undefined],
    [{ events }, undefined],
  ] as const) {
    const refused = await ask(PATH, {}, body)
    t.assert.equal(refused.status, 400, refused.body.toString())
    if (code) t.assert.equal(json(refused).errors[0]?.code, code)
    if (code === 'invalid_event')
      t.assert.match(
        json(refused).errors[0]?.message ?? '',
        /^events names "nothing", which is none: it has to .*api_key\.ended/,
      )
  }
  t.assert.deepEqual(json<unknown>(await ask(PATH)), [])
})

test('a webhook is changed, disabled, rotated, tested, and told again what it was told', async (t: TestContext) => {
  const { id, secret } = json<{ id: string; secret: string }>(
    await ask(PATH, {}, { url: 'https://hooks.invalid/', events: ['api_key.ending'] }),
  )
  const one = `${PATH}/${id}`
  const changed = await ask(one, { method: 'PUT' }, { events: ['user.disabled'] })
  t.assert.deepEqual(
    [changed.status, json<{ events: string[] }>(changed).events],
    [200, ['user.disabled']],
    changed.body.toString(),
  )
  t.assert.equal((await ask(one, { method: 'PUT' }, { event: ['user.disabled'] })).status, 400)

  const rotated = json<{ secret: string; previous_secret_end_date: string }>(
    await ask(`${one}/rotate`, { method: 'POST' }),
  )
  t.assert.match(rotated.secret, /^whsec_/)
  t.assert.notEqual(rotated.secret, secret)
  t.assert.ok(rotated.previous_secret_end_date)
  const early = await ask(`${one}/rotate`, {}, { overlap_hours: 1 })
  t.assert.deepEqual([early.status, json(early).errors[0]?.code], [409, 'rotation_under_way'])
  for (const overlap_hours of [-1, 721, 'x'])
    t.assert.equal((await ask(`${one}/rotate`, {}, { overlap_hours })).status, 400)

  const sent = await ask(`${one}/test`, { method: 'POST' })
  const delivery = json<{ id: string; event: string; status: string }>(sent)
  t.assert.deepEqual([sent.status, delivery.event, delivery.status], [202, 'webhook.test', 'waiting'])
  t.assert.equal((await ask(`${one}/delivery/${delivery.id}/resend`, { method: 'POST' })).status, 202)
  const listed = json<{ id: string }[]>(await ask(`${one}/delivery`))
  t.assert.deepEqual(
    listed.map((each) => each.id),
    [delivery.id],
  )

  const disabled = await ask(`${one}/enable`, { method: 'PUT' }, { enabled: false })
  t.assert.deepEqual([disabled.status, json<{ enabled: boolean }>(disabled).enabled], [200, false])
  for (const path of ['test', `delivery/${delivery.id}/resend`]) {
    const refused = await ask(`${one}/${path}`, { method: 'POST' })
    t.assert.deepEqual([refused.status, json(refused).errors[0]?.code], [409, 'webhook_disabled'])
  }
  t.assert.equal(
    json<{ enabled: boolean }>(await ask(`${one}/enable`, { method: 'PUT' }, { enabled: true })).enabled,
    true,
  )
  t.assert.ok(![secret, rotated.secret].some((text) => platform.log.join('').includes(text)))
  await ask(one, { method: 'DELETE' })
})

test('what is done over the API is told to the webhook that asked for it', async (t: TestContext) => {
  const { id } = json<{ id: string }>(
    await ask(
      PATH,
      {},
      { url: 'https://hooks.invalid/', events: ['api_key.created', 'api_key.rotated', 'api_key.disabled'] },
    ),
  )
  const key = json<{ id: string; api_key: string }>(await ask('/account/api/v1/api-key', {}, { name: 'Desk 7' }))
  const rotated = json<{ api_key: string }>(await ask(`/account/api/v1/api-key/${key.id}/rotate`, { method: 'POST' }))
  await ask(`/account/api/v1/api-key/${key.id}/enable`, { method: 'PUT' }, { enabled: false })
  t.assert.equal((await ask('/account/api/v1/api-key', {}, { name: '' })).status, 400)
  const listed = await ask(`${PATH}/${id}/delivery`)
  const told = json<{ event: string; payload: { data: { id: string; name: string } } }[]>(listed)
  t.assert.deepEqual(
    told.map(({ event, payload: { data } }) => [event, data.id, data.name]).sort(),
    ['created', 'disabled', 'rotated'].map((what) => [`api_key.${what}`, key.id, 'Desk 7']),
  )
  t.assert.ok(![key.api_key, rotated.api_key].some((text) => listed.body.includes(text)))
  await ask(`${PATH}/${id}`, { method: 'DELETE' })
})

test('the webhooks of another account are not there', async (t: TestContext) => {
  const { store } = platform.world
  const user = (await store.users.find(platform.account.service_user_id))!
  const own = (await store.accounts.find(user.accountId))!
  const other = { ...own, id: crypto.randomUUID(), friendlyIdentifier: 'other' }
  await store.accounts.add(other)
  const id = crypto.randomUUID()
  await store.webhooks.add({
    id,
    accountId: other.id,
    url: 'https://hooks.example.com/',
    events: ['api_key.ending'],
    enabled: true,
    wrappedSecret: new Uint8Array(32),
    previous: undefined,
    failingSince: undefined,
    createdAt: new Date(),
    createdBy: user.id,
  })
  for (const [path, method, body] of ROUTES)
    t.assert.equal((await ask(`${PATH}/${id}${path}`, { method }, body)).status, 404)
  t.assert.ok(await store.webhooks.find(id))
})
