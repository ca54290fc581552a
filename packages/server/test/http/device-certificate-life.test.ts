/** Certificates of devices after they were made: looked for, downloaded, revoked, held and released. */
import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { decodePem } from '@countersign/codec'
import { CertificateList } from '@countersign/pki'
import { newApiKey } from '../../src/domain/api-key.ts'
import { publishRevocationList } from '../../src/domain/revocation-list.ts'
import { openssl, skipWithoutOpenssl } from '../openssl.ts'
import { account, user } from '../store/noun.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

const PATH = '/iot/api/v1/certificate'
const DAY = 86_400_000

let time = Date.now()
let platform: TestPlatform
before(async () => {
  platform = await startTestPlatform({ COUNTERSIGN_REQUEST_RATE: '0' }, () => new Date(time))
})
after(() => platform.stop())

type View = {
  id: string
  common_name: string
  serial_number: string
  status: string
  body: string
  chain: { blob: string }[]
  device: { id: string; name: string } | null
  enrollment_profile: { id: string; name: string }
  key_generation: string
  revocation: { reason: string; date: string } | null
}
type List = { limit: number; offset: number; total: number; records: View[] }

function ask(method: string, path: string, body?: object, key = platform.account.service_api_key): Promise<Answer> {
  const bytes = body && Buffer.from(JSON.stringify(body))
  return platform.ask(path, {
    door: 'api',
    method,
    headers: { 'x-api-key': key, ...(bytes && { 'content-type': 'application/json', 'content-length': bytes.length }) },
    ...(bytes && { body: bytes }),
  })
}

async function enrolled(common_name: string, more: object = {}): Promise<string> {
  // One after the other, so that there is a newest.
  time += 1_000
  const answer = await ask('POST', PATH, {
    enrollment_profile_id: platform.account.enrollment_profile_id,
    server_side_key_gen: true,
    private_key_format: 'pem',
    certificate_profile_attributes: [{ id: 'subject.common_name', value: common_name }],
    ...more,
  })
  if (answer.status !== 200) throw new Error(String(answer.body))
  return json<{ certificate_id: string }>(answer).certificate_id
}

const found = async (id: string): Promise<View> => json<View>(await ask('GET', `${PATH}/${id}`))
const revoke = (id: string, body: object) => ask('PUT', `${PATH}/${id}/revoke`, body)
const release = (id: string) => ask('PUT', `${PATH}/${id}/release`)
async function list(t: TestContext, query: Record<string, string>): Promise<List> {
  const answer = await ask('GET', `${PATH}/?${new URLSearchParams(query)}`)
  t.assert.equal(answer.status, 200, String(answer.body))
  return json<List>(answer)
}

test('a list is a page of records, newest first, and what is given has to be so', async (t: TestContext) => {
  const first = await enrolled('first', { device_attributes: [{ id: 'DEVICE_IDENTIFIER', value: 'MAC-1' }] })
  const second = await enrolled('second', { device_attributes: [{ id: 'DEVICE_IDENTIFIER', value: 'MAC-2' }] })
  const third = await enrolled('second')
  await revoke(second, { reason: 'superseded' })
  const ids = async (query: Record<string, string>) => (await list(t, query)).records.map(({ id }) => id)

  const whole = await list(t, {})
  t.assert.deepEqual(
    { ...whole, records: whole.records.map(({ id }) => id) },
    {
      limit: 20,
      offset: 0,
      total: 3,
      total_is_exact: true,
      records: [third, second, first],
    },
  )
  const page = await list(t, { limit: '1', offset: '1' })
  t.assert.deepEqual([page.total, page.limit, page.offset, page.records[0]?.id], [3, 1, 1, second])
  const view = whole.records[2]!
  t.assert.deepEqual(view, await found(first))
  t.assert.equal(view.device?.name, 'MAC-1')
  t.assert.equal(view.enrollment_profile.id, platform.account.enrollment_profile_id)
  t.assert.equal(view.key_generation, 'server_side')
  t.assert.equal(view.chain.length, 2)
  t.assert.equal(view.chain[1]?.blob, platform.ca)

  t.assert.deepEqual(await ids({ common_name: 'second' }), [third, second])
  t.assert.deepEqual(await ids({ common_name: 'secon' }), [])
  t.assert.deepEqual(await ids({ common_name_prefix: 'se' }), [second, third])
  t.assert.deepEqual(await ids({ subject_alternative_name: 'device.example' }), [])
  t.assert.deepEqual(await ids({ certificate_profile_id: 'none' }), [])
  t.assert.deepEqual(await ids({ division_id: 'none' }), [])
  t.assert.deepEqual(await ids({ device_identifier: 'MAC-2' }), [second])
  t.assert.deepEqual(await ids({ device_identifier: 'MAC-3' }), [])
  t.assert.deepEqual(await ids({ serial_number: view.serial_number }), [first])
  t.assert.deepEqual(await ids({ serial_number: `00:${view.serial_number.toLowerCase().match(/../g)!.join(':')}` }), [
    first,
  ])
  t.assert.deepEqual(await ids({ status: 'revoked' }), [second])
  t.assert.deepEqual(await ids({ status: 'ISSUED', common_name: 'second' }), [third])
  t.assert.deepEqual(await ids({ status: 'EXPIRED' }), [])
  t.assert.deepEqual(
    await ids({
      enrollment_profile_id: view.enrollment_profile.id,
      certificate_type: 'x509',
      enrollment_method: 'API',
      limit: '2',
    }),
    [third, second],
  )
  t.assert.deepEqual(await ids({ enrollment_profile_id: 'IOT_x' }), [])
  const end = (days: number) => new Date(time + days * DAY).toISOString().slice(0, 10)
  t.assert.equal((await ids({ valid_to_from: end(363), valid_to_to: end(366) })).length, 3)
  t.assert.deepEqual(await ids({ valid_to_to: end(363) }), [])
  t.assert.deepEqual(await ids({ valid_to_from: end(367) }), [])

  for (const [query, sentence] of [
    [{ status: 'gone' }, /^status: one of ISSUED, REVOKED, EXPIRED\.$/],
    [{ serial_number: 'xyz' }, /^serial_number: up to 40 hexadecimal digits\.$/],
    [{ valid_to_to: '2026-02-31' }, /^valid_to_to: a day as/],
    [{ enrollment_method: 'SCEP' }, /^enrollment_method: one of API, EST, BATCH\.$/],
    [{ limit: '0' }, /limit/],
    [{ limit: '1001' }, /limit/],
    [{ offset: '-1' }, /offset/],
    [{ comon_name: 'x' }, /^There is no filter "comon_name" here; there are offset, /],
    [{ common_name: 'a\0' }, /NUL/],
  ] as const) {
    const answer = await ask('GET', `${PATH}?${new URLSearchParams(query as never)}`)
    t.assert.equal(answer.status, 400, JSON.stringify(query))
    t.assert.match(json(answer).errors[0]!.message, sentence)
  }
})

test('a certificate that ended has expired, unless it was revoked before', async (t: TestContext) => {
  const [left, revoked] = [await enrolled('left'), await enrolled('ended')]
  await revoke(revoked, { reason: 'cessation_of_operation' })
  const began = time
  t.after(() => {
    time = began
  })
  time += 366 * DAY
  // The quickstart's key has no end.
  t.assert.deepEqual([(await found(left)).status, (await found(revoked)).status], ['EXPIRED', 'REVOKED'])
  t.assert.ok((await list(t, { status: 'EXPIRED' })).records.some(({ id }) => id === left))
  t.assert.deepEqual((await list(t, { status: 'ISSUED' })).records, [])
})

test('each format of a download is read by OpenSSL', async (t: TestContext) => {
  if (skipWithoutOpenssl(t)) return
  const id = await enrolled('download')
  const download = async (format: string, type: string): Promise<void> => {
    const answer = await ask('GET', `${PATH}/${id}/download?format=${format}`)
    t.assert.equal(answer.headers['content-type'], type)
    writeFileSync(join(platform.folder, `file.${format}`), answer.body)
  }
  await download('pem', 'application/x-pem-file')
  await download('der', 'application/pkix-cert')
  await download('pkcs7', 'application/pkcs7-mime')
  await download('chain', 'application/x-pem-file')
  const said = (...args: string[]) => openssl(t, platform.folder, args)
  const fingerprint = said('x509', '-in', 'file.pem', '-noout', '-fingerprint', '-sha256')
  t.assert.equal(said('x509', '-in', 'file.der', '-inform', 'DER', '-noout', '-fingerprint', '-sha256'), fingerprint)
  t.assert.equal(said('pkcs7', '-in', 'file.pkcs7', '-inform', 'DER', '-print_certs').match(/BEGIN/g)?.length, 3)
  t.assert.match(said('verify', '-CAfile', 'ca.pem', '-untrusted', 'file.chain', 'file.pem'), /file\.pem: OK/)
  t.assert.equal((await ask('GET', `${PATH}/${id}/download?format=jks`)).status, 400)
  t.assert.deepEqual((await ask('GET', `${PATH}/${id}/download`)).body.toString(), (await found(id)).body)
})

/** What OCSP says, by OpenSSL, and the reason that the revocation list has. */
async function told(t: TestContext, id: string): Promise<string> {
  const { body, chain, serial_number } = await found(id)
  writeFileSync(join(platform.folder, 'leaf.pem'), body)
  writeFileSync(join(platform.folder, 'issuer.pem'), chain[0]!.blob)
  const { authorities } = platform.world.store
  const authority = await authorities.findByPurpose('device')
  const list = CertificateList.decode((await publishRevocationList(platform.world, authority!)).bytes)
  const listed = list.revoked.get(BigInt(`0x${serial_number}`))
  // It asks over HTTP, so that this process must not wait for it.
  const child = spawn(
    'openssl',
    [
      'ocsp',
      '-issuer',
      'issuer.pem',
      '-cert',
      'leaf.pem',
      '-CAfile',
      'ca.pem',
      '-url',
      `${platform.pkiUrl}/ocsp/device`,
      '-no_nonce',
    ],
    { cwd: platform.folder },
  )
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (text += piece))
  await new Promise((resolve) => child.on('close', resolve))
  t.assert.match(text, /Response verify OK/)
  const status = /leaf\.pem: (\w+)/.exec(text)?.[1]
  const reason = /Reason: (\w+)/.exec(text)?.[1]
  return [status, reason, listed ? (listed.reason ?? 'unspecified') : 'not listed'].join(', ')
}

test('each reason is told by OCSP and by the revocation list', async (t: TestContext) => {
  if (spawnSync('openssl', ['version']).status !== 0) return t.skip('openssl is not installed, and is what judges here')
  for (const [reason, name] of Object.entries({
    unspecified: 'unspecified',
    key_compromise: 'keyCompromise',
    affiliation_changed: 'affiliationChanged',
    superseded: 'superseded',
    cessation_of_operation: 'cessationOfOperation',
    certificate_hold: 'certificateHold',
    privilege_withdrawn: 'privilegeWithdrawn',
    aa_compromise: 'aACompromise',
  })) {
    const id = await enrolled(reason)
    const answer = await revoke(id, { reason: reason.toUpperCase(), comments: 'tested' })
    t.assert.equal(answer.status, 204, String(answer.body))
    t.assert.equal(answer.body.length, 0)
    t.assert.equal((await found(id)).revocation?.reason, reason)
    t.assert.match(await told(t, id), new RegExp(`^revoked, (${name})?, ${name}$`), reason)
  }
})

test('a hold ends by a release or a revocation for good, and is told by nobody any more', async (t: TestContext) => {
  if (spawnSync('openssl', ['version']).status !== 0) return t.skip('openssl is not installed, and is what judges here')
  const id = await enrolled('held')
  t.assert.equal((await release(id)).status, 409)
  t.assert.equal((await revoke(id, { reason: 'certificate_hold' })).status, 204)
  t.assert.equal(await told(t, id), 'revoked, certificateHold, certificateHold')
  t.assert.equal(json(await revoke(id, { reason: 'certificate_hold' })).errors[0]?.code, 'certificate_already_revoked')
  t.assert.equal((await release(id)).status, 204)
  t.assert.equal(await told(t, id), 'good, , not listed')
  t.assert.equal((await found(id)).status, 'ISSUED')
  t.assert.equal((await revoke(id, { reason: 'certificate_hold' })).status, 204)
  t.assert.equal(await told(t, id), 'revoked, certificateHold, certificateHold')
  t.assert.equal((await revoke(id, { reason: 'key_compromise' })).status, 204)
  t.assert.equal(await told(t, id), 'revoked, keyCompromise, keyCompromise')
  const again = await release(id)
  t.assert.deepEqual([again.status, json(again).errors[0]?.code], [409, 'certificate_not_on_hold'])
  t.assert.equal((await revoke(id, { reason: 'superseded' })).status, 409)
  t.assert.equal((await found(id)).revocation?.reason, 'key_compromise')
})

test('a certificate is known by its serial number, too, as tools write it', async (t: TestContext) => {
  const id = await enrolled('known by its number')
  const serialNumber = (await found(id)).serial_number
  const written = `00:${serialNumber.toLowerCase().match(/../g)!.join(':')}`
  t.assert.equal((await found(serialNumber)).id, id)
  t.assert.equal((await found(written)).id, id)
  t.assert.equal((await ask('GET', `${PATH}/${serialNumber}/download`)).status, 200)
  t.assert.equal((await revoke(serialNumber, { reason: 'certificate_hold' })).status, 204)
  t.assert.equal((await release(written)).status, 204)
  t.assert.equal((await revoke(written, { reason: 'superseded' })).status, 204)
  t.assert.equal((await found(id)).revocation?.reason, 'superseded')
  const events: string[] = []
  const query = { accountId: platform.account.account_id, resourceId: id, order: 'newest' } as const
  for await (const { event } of platform.world.store.auditEvents.walk(query)) events.push(event.action)
  // All at one moment of the test's clock, and so in no order.
  const all = ['certificate.issue', 'certificate.release', 'certificate.revoke', 'certificate.revoke']
  t.assert.deepEqual(events.sort(), all)
  for (const none of ['01', 'ffffffffffffffffffffffffffffffffffffffff', 'no-number'])
    t.assert.equal((await revoke(none, { reason: 'superseded' })).status, 404, none)
})

test('a date of a revocation has been, within the life of the certificate', async (t: TestContext) => {
  const id = await enrolled('dated')
  const { body } = await found(id)
  t.assert.ok(decodePem(body).length === 1)
  for (const revocation_date of ['2020-01-01T00:00:00Z', '2999-01-01', 'yesterday', '2026-13-01'])
    t.assert.equal((await revoke(id, { reason: 'superseded', revocation_date })).status, 400, revocation_date)
  for (const revocation_date of ['2026-02-30', '2026-02-30T00:00:00Z', '2016-12-31T23:59:60Z'])
    t.assert.match(
      json(await revoke(id, { reason: 'superseded', revocation_date })).errors[0]!.message,
      /^revocation_date: a moment as/,
      revocation_date,
    )
  for (const reason of ['', 'ca_compromise', 'suspended', 'remove_from_crl', 'toString'])
    t.assert.equal((await revoke(id, { reason })).status, 400)
  const date = new Date(Math.floor((time - 30_000) / 1_000) * 1_000).toISOString()
  t.assert.equal((await revoke(id, { reason: 'superseded', revocation_date: date })).status, 204)
  t.assert.equal(new Date((await found(id)).revocation!.date).toISOString(), date)
})

test('of another account there is nothing, and certificates for anything else are no certificates of devices', async (t: TestContext) => {
  const id = await enrolled('ours')
  const { accounts, users, apiKeys, certificates } = platform.world.store
  const other = account()
  await accounts.add(other)
  const stranger = user(other.id, { permissions: ['VIEW_IOT_CERTIFICATE', 'MANAGE_IOT_CERTIFICATE'] })
  await users.add(stranger)
  const { apiKey, text } = newApiKey(new Date(time), { userId: stranger.id, name: 'stranger' })
  await apiKeys.add(apiKey)
  t.assert.equal((await ask('GET', `${PATH}/${id}`, undefined, text)).status, 404)
  t.assert.equal((await ask('PUT', `${PATH}/${id}/revoke`, { reason: 'superseded' }, text)).status, 404)
  const bySerialNumber = `${PATH}/${(await found(id)).serial_number}`
  t.assert.equal((await ask('GET', bySerialNumber, undefined, text)).status, 404)
  t.assert.equal((await ask('PUT', `${bySerialNumber}/revoke`, { reason: 'superseded' }, text)).status, 404)
  t.assert.equal(json<List>(await ask('GET', PATH, undefined, text)).total, 0)
  t.assert.equal((await found(id)).status, 'ISSUED')
  const client = await certificates.listExpiring(new Date(0), new Date(time + 4_000 * DAY), 100)
  for (const { id: elsewhere } of client.filter(({ profile }) => profile !== 'device'))
    t.assert.equal((await revoke(elsewhere, { reason: 'superseded' })).status, 404)
})
