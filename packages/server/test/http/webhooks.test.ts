import { after, before, type TestContext, test } from 'node:test'
import { type Answer, type AskOptions, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

let platform: TestPlatform
before(async () => {
  platform = await startTestPlatform()
})
after(() => platform.stop())

const PATH = '/account/api/v1/webhook'

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
  t.assert.match(secret, /^[0-9a-f]{64}$/)
  t.assert.deepEqual([webhook.url, webhook.events.toSorted()], [wanted.url, wanted.events.toSorted()])
  t.assert.deepEqual(json<unknown>(await ask(`${PATH}/${webhook.id}`)), webhook)
  t.assert.deepEqual(json<unknown>(await ask(PATH)), [webhook])
  t.assert.deepEqual(json<unknown>(await ask(`${PATH}/${webhook.id}/delivery`)), [])
  t.assert.equal((await ask(`${PATH}/${webhook.id}`, { method: 'DELETE' })).status, 204)
  for (const [path, method] of [
    ['', 'GET'],
    ['', 'DELETE'],
    ['/delivery', 'GET'],
  ] as const) {
    const gone = await ask(`${PATH}/${webhook.id}${path}`, { method })
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
  }
  t.assert.deepEqual(json<unknown>(await ask(PATH)), [])
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
    wrappedSecret: new Uint8Array(32),
    createdAt: new Date(),
    createdBy: user.id,
  })
  for (const [path, method] of [
    ['', 'GET'],
    ['', 'DELETE'],
    ['/delivery', 'GET'],
  ] as const)
    t.assert.equal((await ask(`${PATH}/${id}${path}`, { method })).status, 404)
  t.assert.ok(await store.webhooks.find(id))
})
