import { after, before, type TestContext, test } from 'node:test'
import { decodePem } from '@countersign/codec'
import { Certificate } from '@countersign/pki'
import { startTestPlatform, type TestPlatform } from './test-platform.ts'

let platform: TestPlatform
before(async () => {
  platform = await startTestPlatform()
})
after(() => platform.stop())

const HEADER = 'countersign-certificate-expires'

test('answers to mutual TLS tell when the certificate of the client ends', async (t: TestContext) => {
  const [pem] = decodePem(platform.certificate)
  const { notAfter } = Certificate.decode(pem!.bytes)
  for (const path of ['/health', '/nothing', '/documentmanager/api/c2pa/v1/trust-anchors'])
    t.assert.equal((await platform.ask(path)).headers[HEADER], notAfter.toISOString(), path)
})

test('nobody else is told', async (t: TestContext) => {
  const strange = await platform.ask('/health', { cert: '', key: '', agent: false })
  t.assert.deepEqual([strange.status, strange.headers[HEADER]], [403, undefined])
  const headers = { 'x-api-key': platform.account.admin_api_key }
  t.assert.equal((await platform.ask('/health', { door: 'api', headers })).headers[HEADER], undefined)
})

test('the measures tell how long it is until the next end of each kind', async (t: TestContext) => {
  const measure = async (kind: string): Promise<number | undefined> => {
    const text = (await platform.ask('/metrics', { door: 'api' })).body.toString()
    const value = new RegExp(`^countersign_certificate_expiry_seconds\\{kind="${kind}"\\} (\\S+)$`, 'm').exec(text)?.[1]
    return value === undefined ? undefined : Number(value)
  }
  const [pem] = decodePem(platform.certificate)
  const seconds = (Certificate.decode(pem!.bytes).notAfter.getTime() - Date.now()) / 1000
  const told = await measure('client_auth_certificate')
  t.assert.ok(told !== undefined && told > seconds - 60 && told <= seconds + 60, String(told))
  t.assert.equal(await measure('service_user'), undefined)
  const { users } = platform.world.store
  const user = (await users.find(platform.account.service_user_id))!
  await users.update({ ...user, endsAt: new Date(Date.now() + 3_600_000) })
  t.after(() => users.update(user))
  t.assert.equal(Math.ceil((await measure('service_user'))! / 60), 60)
})
