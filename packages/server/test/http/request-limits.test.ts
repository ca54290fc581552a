import { type TestContext, test } from 'node:test'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

const TRUST = '/documentmanager/api/c2pa/v1/trust-anchors'
const SIGN = '/documentmanager/api/c2pa/v1/sign'
const ENROLL = '/iot/api/v1/certificate'
const JSON_TYPE = { 'content-type': 'application/json' }

async function platformOf(t: TestContext, env: Record<string, string>): Promise<TestPlatform> {
  const platform = await startTestPlatform(env)
  t.after(() => platform.stop())
  return platform
}

async function statuses(count: number, ask: () => Promise<Answer>): Promise<number[]> {
  const found: number[] = []
  for (let index = 0; index < count; index++) found.push((await ask()).status)
  return found
}

/** A measure of a credential, as the text of all has it. */
async function inARow(platform: TestPlatform): Promise<string[]> {
  const text = (await platform.ask('/metrics', { door: 'api' })).body.toString()
  return text.split('\n').filter((line) => line.startsWith('countersign_credential_refusals_in_a_row{'))
}

test('of one certificate or address more than its minute is 429 in the words of the API, and open routes go on', async (t: TestContext) => {
  const platform = await platformOf(t, { COUNTERSIGN_REQUEST_RATE: '3' })
  t.assert.deepEqual(await statuses(3, () => platform.ask('/version')), [200, 200, 200])
  const account = await platform.ask(TRUST)
  t.assert.deepEqual([account.status, json(account).errors[0]!.code], [429, 'request_limit_exceeded'])
  t.assert.match(
    json(account).errors[0]!.message,
    /^There were too many requests from your address\. Try again in \d+ seconds\.$/,
  )
  const wait = Number(account.headers['retry-after'])
  t.assert.ok(wait >= 1 && wait <= 20, String(wait))
  const c2pa = await platform.ask(SIGN, { method: 'POST' })
  t.assert.deepEqual([c2pa.status, json(c2pa).error], [429, 'request_limit_exceeded'])
  t.assert.match(json(c2pa).error_description, /Try again/)
  t.assert.deepEqual(await statuses(5, () => platform.ask('/version', { door: 'api' })), [200, 200, 200, 200, 200])
})

test('failed authentications are limited by themselves, and a credential that counts is let in all the same', async (t: TestContext) => {
  const platform = await platformOf(t, { COUNTERSIGN_FAILURE_RATE: '4' })
  const wrong = (): Promise<Answer> => platform.ask(TRUST, { door: 'api', headers: { 'x-api-key': 'wrong' } })
  const none = (): Promise<Answer> => platform.ask('/health', { cert: '', key: '', agent: false })
  t.assert.deepEqual(await statuses(2, wrong), [401, 401])
  t.assert.deepEqual(await statuses(3, none), [403, 403, 429])
  const refused = await wrong()
  t.assert.deepEqual([refused.status, json(refused).errors[0]!.code], [429, 'request_limit_exceeded'])
  t.assert.ok(Number(refused.headers['retry-after']) >= 1)
  t.assert.equal((await platform.ask('/version')).status, 200)
  const key = { 'x-api-key': platform.account.admin_api_key }
  t.assert.equal((await platform.ask(TRUST, { door: 'api', headers: key })).status, 200)
  const byPasscode = (passcode: string): Promise<Answer> =>
    platform.ask(ENROLL, { door: 'api', headers: { ...JSON_TYPE, 'x-passcode': passcode }, body: Buffer.from('{}') })
  const path = `/iot/api/v1/enrollment-profile/${platform.account.enrollment_profile_id}/passcode`
  const body = Buffer.from('{"name":"Line 1"}')
  const made = await platform.ask(path, { door: 'api', headers: { ...key, ...JSON_TYPE }, body })
  t.assert.equal((await byPasscode('2'.repeat(32))).status, 429)
  t.assert.equal((await byPasscode(json<{ passcode: string }>(made).passcode)).status, 400)
})

test('no header makes a client another one, and no door or path forgets its failures', async (t: TestContext) => {
  const platform = await platformOf(t, { COUNTERSIGN_FAILURE_RATE: '3' })
  const asks = [
    () => platform.ask(TRUST, { door: 'api', headers: { 'x-forwarded-for': '192.0.2.1' } }),
    () => platform.ask('/account/api/v1/user/me', { door: 'api', headers: { forwarded: 'for=192.0.2.2' } }),
    () => platform.ask('/nothing', { cert: '', key: '', agent: false, headers: { 'x-real-ip': '192.0.2.3' } }),
    () => platform.ask('/health', { cert: '', key: '', agent: false, headers: { 'cf-connecting-ip': '192.0.2.4' } }),
    () => platform.ask(TRUST, { door: 'api', headers: { 'x-forwarded-for': '192.0.2.5', 'x-api-key': '0_0' } }),
  ]
  const answers: Answer[] = []
  for (const ask of asks) answers.push(await ask())
  t.assert.deepEqual(
    answers.map(({ status }) => status),
    [401, 401, 403, 429, 429],
  )
  for (const { headers } of answers.slice(3)) {
    const wait = Number(headers['retry-after'])
    t.assert.ok(wait >= 1 && wait <= 20, String(wait))
  }
})

test('0 is no limit', async (t: TestContext) => {
  const platform = await platformOf(t, { COUNTERSIGN_REQUEST_RATE: '0', COUNTERSIGN_FAILURE_RATE: '0' })
  const wrong = (): Promise<Answer> => platform.ask(TRUST, { door: 'api' })
  t.assert.deepEqual(new Set(await statuses(20, wrong)), new Set([401]))
})

test('refusals in a row are counted for each credential of the platform, until one is not refused', async (t: TestContext) => {
  const platform = await platformOf(t, {})
  const { apiKeys } = platform.world.store
  const [key] = await apiKeys.list(platform.account.service_user_id)
  const ask = (path: string): Promise<Answer> =>
    platform.ask(path, { door: 'api', headers: { 'x-api-key': platform.account.service_api_key } })
  await platform.ask(TRUST, { door: 'api', headers: { 'x-api-key': `${'0'.repeat(26)}_${'0'.repeat(64)}` } })
  t.assert.deepEqual(await inARow(platform), [])
  const line = (count: number): string[] => [
    `countersign_credential_refusals_in_a_row{kind="api_key",credential="${key!.id}"} ${count}`,
  ]
  // The user may not.
  t.assert.equal((await ask(TRUST)).status, 403)
  t.assert.deepEqual(await inARow(platform), line(1))
  await apiKeys.setEnabled(key!.id, false)
  t.assert.deepEqual(await statuses(2, () => ask(TRUST)), [401, 401])
  t.assert.deepEqual(await inARow(platform), line(3))
  await apiKeys.setEnabled(key!.id, true)
  const { users } = platform.world.store
  const user = (await users.find(platform.account.service_user_id))!
  await users.update({ ...user, permissions: ['VIEW_CTM_TRUST_LIST'] })
  t.assert.equal((await ask(TRUST)).status, 200)
  t.assert.deepEqual(await inARow(platform), [])
})
