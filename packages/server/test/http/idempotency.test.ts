/** The header Idempotency-Key, as clients send it. */
import { after, before, type TestContext, test } from 'node:test'
import { newApiKey } from '../../src/domain/api-key.ts'
import { account, user } from '../store/noun.ts'
import { byKey, certificationRequest } from './operations.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

let platform: TestPlatform
let csr: string
before(async () => {
  platform = await startTestPlatform({ COUNTERSIGN_FAILURE_RATE: '0', COUNTERSIGN_REQUEST_RATE: '0' })
  csr = (await certificationRequest()).csr
})
after(() => platform.stop())

function enroll(key: string | string[], body: object, apiKey = platform.account.service_api_key): Promise<Answer> {
  const { headers, ...options } = byKey(apiKey)
  return platform.ask('/iot/api/v1/certificate', {
    ...options,
    headers: { ...(headers as object), 'content-type': 'application/json', 'idempotency-key': key },
    body: Buffer.from(JSON.stringify({ enrollment_profile_id: platform.account.enrollment_profile_id, csr, ...body })),
  })
}

test('the answer is the same again, as JSON and as a file, with the key in quotation marks or without', async (t: TestContext) => {
  for (const body of [{}, { response_with_certificate_file: true, include_certificate_chain: false }]) {
    const key = crypto.randomUUID()
    const first = await enroll(key, body)
    t.assert.equal(first.status, 200)
    const again = await enroll(`"${key}"`, body)
    t.assert.deepEqual([again.status, again.headers['content-type']], [200, first.headers['content-type']])
    t.assert.ok(again.body.equals(first.body))
    // What is written in another order is the same request.
    const turned = await enroll(key, Object.fromEntries(Object.entries(body).reverse()))
    t.assert.ok(turned.body.equals(first.body))
  }
})

test('another body is 422, and a repeated request for a key 409 with its certificate, whatever its password', async (t: TestContext) => {
  const body = {
    csr: undefined,
    server_side_key_gen: true,
    private_key_format: 'pkcs_12',
    pkcs12_password: 'Abc12345',
    certificate_profile_attributes: [{ id: 'subject.common_name', value: 'p12' }],
  }
  const first = await enroll('p12', body)
  t.assert.equal(first.status, 200, String(first.body))
  for (const pkcs12_password of [body.pkcs12_password, 'Xyz98765']) {
    const again = await enroll('p12', { ...body, pkcs12_password })
    t.assert.deepEqual([again.status, json(again).errors[0]?.code], [409, 'private_key_given_before'])
    t.assert.match(json(again).errors[0]!.message, new RegExp(json<{ certificate_id: string }>(first).certificate_id))
    t.assert.doesNotMatch(String(again.body), /private_key"|BEGIN/)
  }
  const other = await enroll('p12', { ...body, private_key_format: 'pem' })
  t.assert.deepEqual([other.status, json(other).errors[0]?.code], [422, 'idempotency_key_reused'])
})

test('what is not read of a request is passed over, however deep it is', async (t: TestContext) => {
  let deep: unknown[] = []
  for (let depth = 0; depth < 500; depth++) deep = [deep]
  const attribute = { id: 'subject.common_name', value: 'deep' }
  const first = await enroll('deep', { unread: deep, certificate_profile_attributes: [{ ...attribute, unread: deep }] })
  t.assert.equal(first.status, 200, String(first.body))
  const again = await enroll('deep', { certificate_profile_attributes: [attribute] })
  t.assert.ok(again.body.equals(first.body))
  const { certificate_id } = json<{ certificate_id: string }>(first)
  const { headers, ...options } = byKey(platform.account.service_api_key)
  const renewed = await platform.ask(`/iot/api/v1/certificate/${certificate_id}/renew`, {
    ...options,
    headers: { ...(headers as object), 'content-type': 'application/json', 'idempotency-key': 'deep-renewal' },
    // JSON has no number so large, and is read as one that it can't write.
    body: Buffer.from(`{"unread":1e400,"csr":${JSON.stringify((await certificationRequest()).csr)}}`),
  })
  t.assert.equal(renewed.status, 200, String(renewed.body))
})

test('another account under the same key hears nothing of it', async (t: TestContext) => {
  const made = await enroll('theirs', {})
  t.assert.equal(made.status, 200)
  const { store } = platform.world
  const strange = account()
  const stranger = user(strange.id, { permissions: ['MANAGE_IOT_CERTIFICATE'] })
  await store.accounts.add(strange)
  await store.users.add(stranger)
  const { apiKey, text } = newApiKey(new Date(), { userId: stranger.id, name: 'a' })
  await store.apiKeys.add(apiKey)
  t.assert.equal((await enroll('theirs', {}, text)).status, 404)
})

test('a passcode for one use is good for the same request again, and for no other', async (t: TestContext) => {
  const { admin_api_key, enrollment_profile_id } = platform.account
  const passcode = async (): Promise<string> => {
    const { headers, ...options } = byKey(admin_api_key)
    const answer = await platform.ask(`/iot/api/v1/enrollment-profile/${enrollment_profile_id}/passcode`, {
      ...options,
      headers: { ...(headers as object), 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ name: 'Once', usage_limit: 1 })),
    })
    return json<{ passcode: string }>(answer).passcode
  }
  const ask = (text: string, key?: string): Promise<Answer> =>
    platform.ask('/iot/api/v1/certificate', {
      door: 'api',
      headers: { 'x-passcode': text, 'content-type': 'application/json', ...(key && { 'idempotency-key': key }) },
      body: Buffer.from(JSON.stringify({ csr })),
    })
  const reserved = async (): Promise<number> =>
    (await platform.world.store.certificates.listReserved(new Date(Date.now() + 86_400_000), 100)).length
  const [mine, theirs] = [await passcode(), await passcode()]
  const first = await ask(mine, 'once')
  t.assert.equal(first.status, 200, String(first.body))
  t.assert.ok((await ask(mine, 'once')).body.equals(first.body))
  const before = await reserved()
  for (const key of ['twice', undefined])
    t.assert.deepEqual(
      [(await ask(mine, key)).status, json(await ask(mine, key)).errors[0]?.code],
      [401, 'invalid_passcode'],
    )
  t.assert.equal(await reserved(), before)
  const other = await ask(theirs, 'once')
  t.assert.equal(other.status, 200)
  t.assert.ok(!other.body.equals(first.body))
})

test('what is no key is refused', async (t: TestContext) => {
  for (const key of ['', '""', '"a', 'a b', 'a,b', ['a', 'b'], 'a"b', '\\', 'x'.repeat(256), 'schlüssel']) {
    const answer = await enroll(key, {})
    t.assert.equal(answer.status, 400, String(key))
    t.assert.match(json(answer).errors[0]!.message, /^Idempotency-Key: one of 1 to 255/)
  }
})
