/** The client against a started platform, over real TLS. */
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, before, type TestContext, test } from 'node:test'

import { encodePem } from '@countersign/codec'
import { createSigner, name, signCertificationRequest } from '@countersign/pki'
import { type Platform, startPlatform } from '../../../test/platform.ts'
import { type ConnectOptions, type Countersign, connect } from '../src/index.ts'
import { failureOf } from './failure.ts'

let platform: Platform
const connections: Countersign[] = []

before(async () => {
  platform = await startPlatform()
})
after(async () => {
  for (const connection of connections) connection.close()
  await platform.remove()
})

function connected(options: Partial<ConnectOptions> = {}): Countersign {
  const connection = connect({ url: platform.account.base_url, ca: platform.ca, ...options })
  connections.push(connection)
  return connection
}

const pem = () => ({
  cert: readFileSync(platform.quickstart('cert.pem'), 'utf8'),
  key: readFileSync(platform.quickstart('key.pem'), 'utf8'),
})

/** A request for a certificate, under a new key. */
async function newRequest(commonName: string): Promise<string> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer = await createSigner('ES256', privateKey.export({ format: 'der', type: 'pkcs8' }))
  return encodePem('CERTIFICATE REQUEST', await signCertificationRequest({ subject: name({ CN: commonName }) }, signer))
}

test('asks by API key, by PEM pair and by PKCS#12', async (t: TestContext) => {
  const { service_api_key, service_user_id, client_p12_password } = platform.account
  const pkcs12 = readFileSync(platform.quickstart('client.p12'))
  for (const identity of [
    { apiKey: service_api_key },
    { certificate: pem() },
    { certificate: pem(), apiKey: service_api_key },
    { certificate: { pkcs12, password: client_p12_password } },
    { certificate: pem(), clientAuthUrl: platform.account.clientauth_url, url: 'https://elsewhere.invalid' },
  ]) {
    const user = await connected(identity).users.me()
    t.assert.equal(user.id, service_user_id)
    t.assert.equal(user.user_type, 'service')
  }
})

test('an error has the status, the code, the sentence and the id of its request', async (t: TestContext) => {
  const wrongKey = await failureOf(connected({ apiKey: 'wrong' }).users.me())
  t.assert.equal(wrongKey.status, 401)
  t.assert.equal(wrongKey.code, 'invalid_api_key')
  t.assert.match(wrongKey.requestId ?? '', /^[0-9a-f-]{36}$/)

  const admin = connected({ apiKey: platform.account.admin_api_key })
  const missing = await failureOf(admin.users.get('01a2066b-32e6-76c0-a66f-58bd2692f056'))
  t.assert.equal(missing.status, 404)
  t.assert.match(missing.message, /no such user/i)
})

test('an id leads to no other path', async (t: TestContext) => {
  const admin = connected({ apiKey: platform.account.admin_api_key })
  for (const id of ['', '.', '..']) {
    const refused = await failureOf(admin.users.get(id))
    t.assert.equal(refused.code, 'invalid_option')
  }
  const refused = await failureOf(admin.users.get('../user/me?x=#'))
  t.assert.equal(refused.status, 404)
})

test('certificates are made, listed, disabled, enabled, renewed and deleted', async (t: TestContext) => {
  const countersign = connected({ certificate: pem() })
  const { clientAuthCertificates } = countersign
  const made = await clientAuthCertificates.create({ csr: await newRequest('First'), name: 'Picture desk 1' })
  t.assert.match(made.x509_cert, /^-----BEGIN CERTIFICATE-----/)
  t.assert.equal((await clientAuthCertificates.get(made.id)).serial_number, made.serial_number)

  t.assert.equal((await clientAuthCertificates.disable(made.id)).enabled, false)
  const disabled = await clientAuthCertificates.list({ enabled: false })
  t.assert.deepEqual(
    disabled.map(({ id }) => id),
    [made.id],
  )
  t.assert.equal((await clientAuthCertificates.enable(made.id)).enabled, true)

  const next = await clientAuthCertificates.renew(made.id, { csr: await newRequest('Second') })
  const names: string[] = []
  for await (const { name } of clientAuthCertificates.each({ limit: 1 })) names.push(name)
  t.assert.equal(names.length, (await clientAuthCertificates.list()).length)
  t.assert.ok(names.includes(next.name) && names.includes(made.name))

  t.assert.equal(await clientAuthCertificates.delete(made.id), undefined)
  t.assert.equal((await failureOf(clientAuthCertificates.get(made.id))).status, 404)
})

test('a list of pages with a total is gone through as any other', async (t: TestContext) => {
  const { certificates, divisions } = connected({ apiKey: platform.account.admin_api_key })
  const enrolled: string[] = []
  for (let index = 0; index < 5; index++) {
    const answer = await certificates.enroll({
      enrollment_profile_id: platform.account.enrollment_profile_id,
      server_side_key_gen: true,
      private_key_format: 'pem',
      certificate_profile_attributes: [{ id: 'subject.common_name', value: `paged-${index % 2}` }],
    })
    if ('certificate_id' in answer) enrolled.unshift(answer.certificate_id)
  }
  t.assert.equal(enrolled.length, 5)
  const ids: string[] = []
  for await (const { id } of certificates.each({ limit: 2, offset: 1 })) ids.push(id)
  t.assert.deepEqual(ids, enrolled.slice(1))
  const named: string[] = []
  for await (const { common_name } of certificates.each({ limit: 1, common_name: 'paged-1' })) named.push(common_name!)
  t.assert.deepEqual(named, ['paged-1', 'paged-1'])
  for await (const none of divisions.each({ name: 'nowhere' })) t.assert.fail(none.name)
})

test('a certificate that the platform generates opens the platform', async (t: TestContext) => {
  const { clientAuthCertificates } = connected({ certificate: pem() })
  const { id, password } = await clientAuthCertificates.generate({ name: 'Generated' })
  const pkcs12 = await clientAuthCertificates.download(id)
  const generated = connected({ certificate: { pkcs12, password } })
  t.assert.equal((await generated.users.me()).id, platform.account.service_user_id)
  t.assert.equal((await failureOf(clientAuthCertificates.download(id))).code, 'download_not_found')
})

test('what is wrong with an option is said before anything is asked', (t: TestContext) => {
  const pkcs12 = readFileSync(platform.quickstart('client.p12'))
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const otherKey = privateKey.export({ format: 'pem', type: 'pkcs8' })
  const cases: [Partial<ConnectOptions>, RegExp][] = [
    [{ url: 'http://countersign.localhost' }, /^url: /],
    [{ url: 'countersign.localhost' }, /^url: /],
    [{ url: 'https://user:password@countersign.localhost' }, /^url: /],
    [{ clientAuthUrl: 'http://countersign.localhost' }, /^clientAuthUrl: /],
    [{ certificate: { pkcs12, password: 'wrong' } }, /^certificate: .*password/],
    [{ certificate: { pkcs12: new Uint8Array(10), password: 'wrong' } }, /^certificate: /],
    [{ certificate: { cert: 'nothing', key: 'nothing' } }, /^certificate: .*PEM/],
    [{ certificate: { ...pem(), key: otherKey } }, /^certificate: .*no pair/],
    [{ ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }, /^ca: /],
  ]
  for (const [options, message] of cases) {
    t.assert.throws(() => connected(options), { name: 'CountersignError', code: 'invalid_option', message })
  }
})

test('a server whose certificate does not count is not asked twice', async (t: TestContext) => {
  const stranger = connect({ url: platform.account.base_url, apiKey: platform.account.service_api_key })
  connections.push(stranger)
  const refused = await failureOf(stranger.users.me())
  t.assert.equal(refused.code, 'untrusted_server')
  t.assert.match(refused.message, /ca takes the root/)
})

test('what takes a certificate says so to who has none', async (t: TestContext) => {
  const refused = await failureOf(
    connected({ apiKey: platform.account.service_api_key }).content.signAsFile({
      accountId: platform.account.account_id,
      hashAlgo: 'SHA256',
      signAlgo: '1.2.840.10045.4.3.2',
      signAlgoParams: 'MTIzNDQ=',
      schemaField: 'publisher',
      image: { file: new Uint8Array(10) },
    }),
  )
  t.assert.equal(refused.code, 'client_certificate_required')
})

test('every list of the account is there', async (t: TestContext) => {
  const admin = connected({ apiKey: platform.account.admin_api_key })
  t.assert.ok((await admin.users.list({ user_type: 'service' })).length === 1)
  t.assert.ok((await admin.accounts.list())[0]?.id === platform.account.account_id)
  t.assert.ok((await admin.roles.list()).length > 0)
  t.assert.ok((await admin.apiKeys.list()).length > 0)
  t.assert.deepEqual(await admin.webhooks.list(), [])
  t.assert.ok((await admin.auditLog.list({ limit: 5 })).length === 5)
  t.assert.match(await admin.auditLog.export(), /^[\w,]+\r\n/)
  t.assert.equal((await admin.platform.version()).name, 'Countersign')
  t.assert.match(await admin.platform.metrics(), /countersign_/)
  t.assert.ok((await admin.trustAnchors.list()).items.length >= 0)
})

test('an abort is the reason that the caller gave', async (t: TestContext) => {
  const admin = connected({ apiKey: platform.account.admin_api_key })
  const reason = new Error('changed my mind')
  await t.assert.rejects(admin.users.me({ signal: AbortSignal.abort(reason) }), reason)
})
