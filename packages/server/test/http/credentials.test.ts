import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import sharp from 'sharp'
import { activeManifest, judge } from '../../../../test/judge.ts'
import { newApiKey } from '../../src/domain/api-key.ts'
import { deliverDueMails } from '../../src/domain/deliver-mail.ts'
import { permissionsOfRoles, type RoleName } from '../../src/domain/role.ts'
import { outboxDelivery } from '../../src/mail/outbox.ts'
import { openssl, skipWithoutOpenssl } from '../openssl.ts'
import { eventsOf } from '../store/events-of.ts'
import { account, user } from '../store/noun.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

type Credential = {
  id: string
  user_id: string | null
  nickname: string
  status: string
  pin_status: string
  pin_attempts_left: number | null
  key_type: string
  certificate: {
    id: string
    serial_number: string
    subject: string
    valid_from: string
    valid_to: string
    issued_by_platform: boolean
  } | null
}

const PATH = '/documentmanager/api/v2/credential'
const ES256 = '1.2.840.10045.4.3.2'
let platform: TestPlatform
let admin: string
let jpeg: Buffer
let time = 0

before(async () => {
  platform = await startTestPlatform({}, () => new Date(Date.now() + time))
  admin = platform.account.admin_api_key
  jpeg = await sharp({ create: { width: 32, height: 20, channels: 3, background: '#335577' } })
    .jpeg()
    .toBuffer()
})
after(() => platform.stop())

function call(key: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const headers = { 'x-api-key': key }
  if (body === undefined) return platform.ask(path, { door: 'api', method, headers })
  const bytes = Buffer.from(JSON.stringify(body))
  const type = { 'content-type': 'application/json', 'content-length': bytes.length }
  return platform.ask(path, { door: 'api', method, headers: { ...headers, ...type }, body: bytes })
}

const refusal = (answer: Answer) => [answer.status, json(answer).errors[0]?.code]
const one = async (named: string, key = admin) => json<Credential>(await call(key, 'GET', `${PATH}/${named}`))
const list = async (query = '', key = admin) => json<Credential[]>(await call(key, 'GET', `${PATH}${query}`))

async function issue(body: object = {}): Promise<Credential> {
  const nickname = `desk-${randomUUID().slice(0, 8)}`
  const answer = await call(admin, 'POST', PATH, { nickname, key_type: 'p_256', common_name: 'Picture Desk', ...body })
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.body}`)
  return json<Credential>(answer)
}

/** A credential of the service user, with its PIN as the mail has it. */
async function issueToUser(body: object = {}): Promise<{ credential: Credential; pin: string }> {
  const credential = await issue({ user_id: platform.account.service_user_id, ...body })
  return { credential, pin: (await pins(credential.nickname)).at(-1)! }
}

/** The PINs that mails brought, oldest first. */
async function pins(nickname: string, count = 1): Promise<string[]> {
  const folder = join(platform.folder, 'outbox')
  const { world } = platform
  const deliver = outboxDelivery({ folder, from: 'countersign@example.com', domain: 'example.com' })
  for (let waited = 0; ; waited++) {
    await deliverDueMails(world, deliver, () => {})
    const files = (await readdir(folder)).filter((name) => name.endsWith('.eml')).sort()
    const mails = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))
    const found = mails.filter((mail) => mail.includes(`Credential ID: ${nickname}\r\n`))
    if (found.length >= count) return found.map((mail) => /^PIN: +(\S+)\r$/m.exec(mail)![1]!)
    // The platform's own job has the mail in hand.
    if (waited > 100) throw new Error(`no mail for ${nickname}`)
    await pause(20)
  }
}

const sign = (fields: Record<string, string>) =>
  platform.sign({
    hashAlgo: 'SHA256',
    signAlgo: ES256,
    signAlgoParams: 'MTIzNDQ=',
    accountId: platform.account.account_id,
    schemaField: 'author',
    thumbnail: 'false',
    image: { name: 'a.jpg', bytes: jpeg },
    ...fields,
  })
const sentence = async (fields: Record<string, string>) => {
  const answer = await sign(fields)
  return answer.status === 200 ? 'signed' : json(answer).error_description
}

/** A user with roles, made past the API. */
async function somebody(roles: readonly RoleName[], accountId = platform.account.account_id) {
  const { users, apiKeys } = platform.world.store
  const made = user(accountId, { roles, permissions: permissionsOfRoles(roles) })
  const { apiKey, text } = newApiKey(platform.world.now(), { userId: made.id, name: 'own' })
  await users.add(made)
  await apiKeys.add(apiKey)
  return { id: made.id, key: text }
}

test('a user gets a credential and its PIN by mail, and signs with both', async (t: TestContext) => {
  const { credential, pin } = await issueToUser({ organization: 'Nordwind Zeitung', country: 'de' })
  t.assert.equal(credential.status, 'enabled')
  t.assert.deepEqual([credential.pin_status, credential.pin_attempts_left], ['set', 5])
  t.assert.equal(credential.certificate!.subject, 'CN=Picture Desk,O=Nordwind Zeitung,C=DE')
  t.assert.match(pin, /^[2-9a-km-z]{12}$/)

  const named = { credentialID: credential.nickname }
  const answer = await sign({ ...named, PIN: pin })
  t.assert.equal(answer.status, 200, `${answer.body}`)
  const file = Buffer.from(json<{ encoded_signed_content: string }>(answer).encoded_signed_content, 'base64')
  const report = await judge('image/jpeg', file, platform.ca)
  t.assert.equal(report.validation_state, 'Trusted')
  const { signature_info } = activeManifest(report) as { signature_info: Record<string, string> }
  t.assert.deepEqual([signature_info.issuer, signature_info.common_name], ['Nordwind Zeitung', 'Picture Desk'])
  t.assert.equal(await sentence({ credentialID: credential.id.toUpperCase(), PIN: pin }), 'signed')

  t.assert.equal(await sentence({ ...named, PIN: 'wrong' }), 'The PIN is invalid.')
  t.assert.equal(await sentence(named), 'Missing (or invalid type) string parameter PIN.')
  t.assert.equal(
    await sentence({ ...named, PIN: pin, signAlgo: '1.3.101.112' }),
    'Missing (or invalid type) string parameter signAlgo.',
  )
  t.assert.equal((await one(credential.id)).pin_attempts_left, 4)
})

test('the quickstart has a credential, its PIN and its chain, which are what they say', async (t: TestContext) => {
  const { credential_id: credentialID, credential_pin: PIN } = platform.account
  t.assert.equal(await sentence({ credentialID, PIN }), 'signed')
  t.assert.equal(await sentence({ credentialID, PIN: `${PIN}2` }), 'The PIN is invalid.')
  const chain = await readFile(join(platform.folder, 'quickstart', 'signing-chain.pem'), 'utf8')
  const answer = await call(platform.account.service_api_key, 'GET', `${PATH}/${credentialID}/chain.pem`)
  t.assert.equal(answer.body.toString(), chain)
})

test('the PIN is in the mail, and nowhere else that the platform keeps', async (t: TestContext) => {
  const { credential, pin } = await issueToUser()
  t.assert.equal(await sentence({ credentialID: credential.nickname, PIN: pin }), 'signed')
  const { store } = platform.world
  t.assert.equal((await store.mails.listDue(new Date(8e15), 100)).length, 0)
  for (const name of await readdir(platform.folder))
    if (name.startsWith('countersign.db'))
      t.assert.equal((await readFile(join(platform.folder, name))).includes(pin), false, name)
  t.assert.equal(
    platform.log.some((line) => line.includes(pin)),
    false,
  )
  const events = await eventsOf(store.auditEvents, platform.account.account_id, 500)
  t.assert.ok(events.some(({ action, resourceId }) => action === 'credential.create' && resourceId === credential.id))
  t.assert.equal(JSON.stringify(events).includes(pin), false)
})

test('five wrong PINs lock it; an administrator unlocks it, and the PIN is what it was', async (t: TestContext) => {
  const { credential, pin } = await issueToUser()
  const named = { credentialID: credential.nickname }
  const wrong = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((n) => sentence({ ...named, PIN: `wrong-${n}` })))
  t.assert.equal(wrong.filter((text) => text === 'The PIN is invalid.').length, 5)
  t.assert.equal(await sentence({ ...named, PIN: pin }), 'The PIN is locked.')
  const locked = await one(credential.nickname)
  t.assert.deepEqual([locked.status, locked.pin_status, locked.pin_attempts_left], ['enabled', 'locked', 0])
  const unlock = (key: string) => call(key, 'PUT', `${PATH}/${credential.id}/unlock`)
  t.assert.deepEqual(refusal(await unlock(platform.account.service_api_key)), [403, 'access_denied'])
  t.assert.equal(json<Credential>(await unlock(admin)).pin_status, 'set')
  t.assert.equal(await sentence({ ...named, PIN: pin }), 'signed')
})

test('the user changes the PIN by the old one, and nobody else does', async (t: TestContext) => {
  const { credential, pin } = await issueToUser()
  const named = { credentialID: credential.nickname }
  const own = platform.account.service_api_key
  const change = (body: unknown, key = own) => call(key, 'PUT', `${PATH}/${credential.nickname}/pin`, body)
  const fit = 'better than 1'.replaceAll(' ', '-')
  t.assert.deepEqual(refusal(await change({ pin, new_pin: fit }, admin)), [403, 'access_denied'])
  for (const new_pin of [
    'short-1',
    '12345678901',
    'a'.repeat(65),
    'abababababab',
    'with blank 1',
    'ümlaute-sind-dabei',
  ])
    t.assert.deepEqual(refusal(await change({ pin, new_pin })), [400, 'pin_unfit'], new_pin)
  t.assert.deepEqual(refusal(await change({ pin: 'wrong', new_pin: fit })), [400, 'pin_invalid'])
  t.assert.equal((await one(credential.id)).pin_attempts_left, 4)
  t.assert.equal((await change({ pin, new_pin: fit })).status, 204)
  t.assert.equal(await sentence({ ...named, PIN: pin }), 'The PIN is invalid.')
  t.assert.equal(await sentence({ ...named, PIN: fit }), 'signed')
  const [event] = (await eventsOf(platform.world.store.auditEvents, platform.account.account_id, 50)).filter(
    ({ action }) => action === 'credential.change_pin',
  )
  t.assert.equal(event!.resourceId, credential.id)
  t.assert.equal(JSON.stringify(event).includes(fit), false)
})

test('a PIN that is lost is issued anew, with a new key; the old certificate is revoked', async (t: TestContext) => {
  const { credential, pin } = await issueToUser({ validity_days: 30 })
  const { keyId } = (await platform.world.store.credentials.find(credential.id))!
  const answer = await call(admin, 'POST', `${PATH}/${credential.nickname}/reissue-pin`)
  const reissued = json<Credential>(answer)
  t.assert.equal(answer.status, 200)
  t.assert.notEqual(reissued.certificate!.id, credential.certificate!.id)
  t.assert.equal(reissued.certificate!.subject, credential.certificate!.subject)
  const days = (Date.parse(reissued.certificate!.valid_to) - Date.parse(reissued.certificate!.valid_from)) / 86_400_000
  t.assert.equal(Math.round(days), 30)
  const old = (await platform.world.store.certificates.find(credential.certificate!.id))!
  t.assert.deepEqual([old.status, old.revocation?.reason], ['revoked', 'superseded'])
  t.assert.equal(await platform.world.store.privateKeys.find(keyId), undefined)
  const named = { credentialID: credential.nickname }
  t.assert.equal(await sentence({ ...named, PIN: pin }), 'The PIN is invalid.')
  t.assert.equal(await sentence({ ...named, PIN: (await pins(credential.nickname, 2))[1]! }), 'signed')
})

test('a suspended, revoked or expired credential does not sign, and the audit log says why', async (t: TestContext) => {
  const { credential, pin } = await issueToUser({ validity_days: 1 })
  const fields = { credentialID: credential.nickname, PIN: pin }
  const put = async (what: string, body?: unknown) => call(admin, 'PUT', `${PATH}/${credential.id}/${what}`, body)
  t.assert.equal(json<Credential>(await put('suspend')).status, 'suspended')
  t.assert.equal(await sentence(fields), 'Invalid parameter credentialID.')
  t.assert.equal(json<Credential>(await put('resume')).status, 'enabled')
  t.assert.equal(await sentence(fields), 'signed')
  time = 2 * 86_400_000
  t.after(() => {
    time = 0
  })
  t.assert.equal(await sentence(fields), 'Invalid parameter credentialID.')
  t.assert.equal((await one(credential.id)).status, 'expired')
  t.assert.deepEqual(
    (await list('?status=expired')).map(({ id }) => id),
    [credential.id],
  )
  time = 0
  t.assert.deepEqual(refusal(await put('revoke', { reason: 'certificate_hold' })), [400, 'invalid_request'])
  t.assert.equal(json<Credential>(await put('revoke', { reason: 'KEY_COMPROMISE' })).status, 'revoked')
  t.assert.equal(await sentence(fields), 'Invalid parameter credentialID.')
  const certificate = (await platform.world.store.certificates.find(credential.certificate!.id))!
  t.assert.equal(certificate.revocation?.reason, 'key_compromise')
  for (const what of ['revoke', 'suspend', 'resume', 'unlock', 'renew'])
    t.assert.deepEqual(refusal(await put(what)), [409, 'credential_revoked'], what)
  t.assert.deepEqual(refusal(await call(admin, 'POST', `${PATH}/${credential.id}/reissue-pin`)), [
    409,
    'credential_revoked',
  ])
  const reasons = (await eventsOf(platform.world.store.auditEvents, platform.account.account_id, 100))
    .filter(({ action, resourceId }) => action === 'credential.use' && resourceId === credential.id)
    .map(({ details }) => details.reason)
  t.assert.deepEqual(reasons.sort(), [
    'the certificate has expired',
    'the credential is revoked',
    'the credential is suspended',
  ])
})

test('an account’s own credential has no PIN, and serves whoever may sign', async (t: TestContext) => {
  const { id, nickname, pin_status, pin_attempts_left } = await issue({ key_type: 'RSA-2048' })
  t.assert.deepEqual([pin_status, pin_attempts_left], ['none', null])
  const fields = { credentialID: nickname, signAlgo: '1.2.840.113549.1.1.10' }
  t.assert.equal(await sentence(fields), 'signed')
  t.assert.equal(await sentence({ ...fields, PIN: '1' }), 'The PIN is invalid.')
  t.assert.deepEqual(refusal(await call(admin, 'PUT', `${PATH}/${id}/unlock`)), [409, 'credential_without_pin'])
  t.assert.deepEqual(refusal(await call(admin, 'POST', `${PATH}/${id}/reissue-pin`)), [409, 'credential_without_pin'])
})

test('people see and use their own and the account’s, administrators see all, and strangers none', async (t: TestContext) => {
  const signer = await somebody(['CTM_SIGNER'])
  const stranger = account()
  await platform.world.store.accounts.add(stranger)
  const elsewhere = await somebody(['CTM_ADMIN'], stranger.id)
  const theirs = await issue({ user_id: signer.id })
  const shared = await issue()
  const { credential: mine, pin } = await issueToUser()

  const seen = async (key: string) => {
    const ids = new Set((await list('?limit=1000', key)).map(({ id }) => id))
    return [theirs, shared, mine].map(({ id }) => ids.has(id))
  }
  t.assert.deepEqual(await seen(signer.key), [true, true, false])
  t.assert.deepEqual(await seen(platform.account.service_api_key), [false, true, true])
  t.assert.deepEqual(await seen(admin), [true, true, true])
  t.assert.deepEqual(await list('', elsewhere.key), [])
  for (const [key, named] of [
    [signer.key, mine.id],
    [signer.key, mine.nickname],
    [elsewhere.key, mine.id],
    [elsewhere.key, shared.nickname],
  ] as const) {
    const answers = [
      await call(key, 'GET', `${PATH}/${named}`),
      await call(key, 'GET', `${PATH}/${named}/chain.pem`),
      await call(key, 'PUT', `${PATH}/${named}/pin`, { pin, new_pin: 'something-fit-1' }),
    ]
    for (const answer of answers) t.assert.deepEqual(refusal(answer), [404, 'credential_not_found'])
  }
  for (const [method, what] of [
    ['PUT', 'revoke'],
    ['PUT', 'suspend'],
    ['POST', 'reissue-pin'],
    ['POST', 'renew'],
  ] as const)
    t.assert.deepEqual(refusal(await call(elsewhere.key, method, `${PATH}/${mine.id}/${what}`)), [
      404,
      'credential_not_found',
    ])
  t.assert.equal(
    await sentence({ credentialID: theirs.nickname, PIN: (await pins(theirs.nickname))[0]! }),
    'Invalid parameter credentialID.',
  )
  t.assert.deepEqual(
    refusal(
      await call(elsewhere.key, 'POST', PATH, {
        user_id: signer.id,
        nickname: 'x',
        key_type: 'p_256',
        common_name: 'X',
      }),
    ),
    [404, 'user_not_found'],
  )
})

test('credentials are found by part of their nickname, by user and by status, page by page', async (t: TestContext) => {
  const prefix = randomUUID().slice(0, 8)
  for (const n of [1, 2, 3])
    await issue({ nickname: `${prefix}-Page-${n}`, ...(n === 2 && { user_id: platform.account.service_user_id }) })
  const answer = await call(admin, 'GET', `${PATH}?nickname=${prefix}-PAGE&limit=2`)
  t.assert.equal(json<Credential[]>(answer).length, 2)
  t.assert.equal(answer.headers['x-total-count'], '3')
  t.assert.match(answer.headers.link!, /offset=2/)
  const names = async (query: string) =>
    (await list(`?nickname=${prefix}&${query}`)).map(({ nickname }) => nickname.slice(-1))
  t.assert.deepEqual(await names('user_id=none'), ['1', '3'])
  t.assert.deepEqual(await names(`user_id=${platform.account.service_user_id}`), ['2'])
  await call(admin, 'PUT', `${PATH}/${prefix}-Page-3/suspend`)
  t.assert.deepEqual(await names('status=suspended'), ['3'])
  t.assert.deepEqual(await names('status=enabled'), ['1', '2'])
})

test('what is wrong in a request is said, and nothing is made of it', async (t: TestContext) => {
  const { credentials, privateKeys } = platform.world.store
  const { nickname } = await issue()
  const before = (await credentials.list(platform.account.account_id)).length
  t.assert.ok(privateKeys)
  const fit = { nickname: 'fit', key_type: 'p_256', common_name: 'Fit' }
  for (const [body, status, code] of [
    [{ ...fit, nickname }, 409, 'credential_exists'],
    [{ ...fit, nickname: '' }, 400, 'invalid_request'],
    [{ ...fit, nickname: 'a/b' }, 400, 'invalid_request'],
    [{ ...fit, nickname: 'x\r\nBcc: a@b.c' }, 400, 'invalid_request'],
    [{ ...fit, nickname: randomUUID() }, 400, 'invalid_request'],
    [{ ...fit, key_type: 'rsa_1024' }, 400, 'invalid_request'],
    [{ ...fit, common_name: ' ' }, 400, 'invalid_request'],
    [{ ...fit, common_name: 'x'.repeat(65) }, 400, 'invalid_request'],
    [{ ...fit, common_name: 'a\u202eb' }, 400, 'invalid_request'],
    [{ ...fit, organization: 'a\nb' }, 400, 'invalid_request'],
    [{ ...fit, country: 'DEU' }, 400, 'invalid_request'],
    [{ ...fit, validity_days: 0 }, 400, 'invalid_request'],
    [{ ...fit, validity_days: 367 }, 400, 'invalid_request'],
    [{ ...fit, user_id: randomUUID() }, 404, 'user_not_found'],
    [{ ...fit, pin: '1234' }, 400, 'invalid_request'],
    [{ nickname: 'fit', key_type: 'p_256' }, 400, 'invalid_request'],
  ] as const) {
    t.assert.deepEqual(refusal(await call(admin, 'POST', PATH, body)), [status, code], JSON.stringify(body))
  }
  t.assert.equal((await credentials.list(platform.account.account_id)).length, before)
})

test('a credential is renewed with the same key, by POST and by PUT', async (t: TestContext) => {
  const { credential, pin } = await issueToUser({ validity_days: 10 })
  const renewed = json<Credential>(await call(admin, 'POST', `${PATH}/${credential.id}/renew`))
  t.assert.notEqual(renewed.certificate!.id, credential.certificate!.id)
  const again = json<Credential>(await call(admin, 'PUT', `${PATH}/${credential.id}/renew`, { validity_days: 366 }))
  const days = (Date.parse(again.certificate!.valid_to) - Date.parse(again.certificate!.valid_from)) / 86_400_000
  t.assert.equal(Math.round(days), 366)
  t.assert.equal(await sentence({ credentialID: credential.nickname, PIN: pin }), 'signed')
})

test('what a credential signed is listed, searched and exported', async (t: TestContext) => {
  const { credential, pin } = await issueToUser()
  const fields = { credentialID: credential.nickname, PIN: pin }
  const files: Buffer[] = []
  for (let count = 0; count < 3; count++)
    files.push(
      Buffer.from(json<{ encoded_signed_content: string }>(await sign(fields)).encoded_signed_content, 'base64'),
    )
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  type Listed = { output_hash: string; input_hash: string; manifest_label: string; address: string; user_name: string }
  const path = `${PATH}/${credential.nickname}/signature`
  const own = platform.account.service_api_key
  const listed = async (query = '', key = own) => json<Listed[]>(await call(key, 'GET', `${path}${query}`))
  const all = await listed()
  t.assert.deepEqual(
    all.map(({ output_hash }) => output_hash),
    files.map(hash).reverse(),
  )
  t.assert.deepEqual([all[0]!.input_hash, all[0]!.address], [hash(jpeg), '127.0.0.1'])
  t.assert.equal(all[0]!.user_name, 'Quickstart Service')
  t.assert.deepEqual(await listed(`?hash=${hash(files[1]!).toUpperCase()}`), [all[1]])
  t.assert.deepEqual(await listed(`?manifest_label=${all[2]!.manifest_label}`), [all[2]])
  t.assert.deepEqual(await listed('?from=2020-01-01&to=2020-12-31'), [])
  const page = await call(own, 'GET', `${path}?limit=2`)
  t.assert.deepEqual(json(page), all.slice(0, 2))
  t.assert.match(page.headers.link!, /limit=2&offset=2>; rel="next"$/)
  t.assert.equal((await call(own, 'GET', `${path}?offset=2`)).headers['x-total-count'], '3')
  for (const query of ['?hash=12', '?from=2026-02-30', '?mainfest_label=x', '?limit=0'])
    t.assert.deepEqual(refusal(await call(own, 'GET', `${path}${query}`)), [400, 'invalid_request'], query)

  const table = await call(admin, 'GET', `${path}/export?hash=${hash(files[0]!)}`)
  t.assert.equal(table.headers['content-type'], 'text/csv; charset=utf-8; header=present')
  const [head, line, ...more] = table.body.toString().split('\r\n')
  t.assert.match(head!, /^id,created_at,user_id,user_name,address,output_hash,/)
  t.assert.ok(line!.includes(hash(files[0]!)) && line!.includes(all[2]!.manifest_label))
  t.assert.deepEqual(more, [''])
  const accepting = { door: 'api', headers: { 'x-api-key': own, accept: 'text/csv' } } as const
  t.assert.equal((await platform.ask(path, accepting)).body.toString().split('\r\n').length, 5)
})

test('of a credential that several use each sees what is theirs, and administrators see all', async (t: TestContext) => {
  const { nickname } = await issue()
  t.assert.equal(await sentence({ credentialID: nickname }), 'signed')
  const signer = await somebody(['CTM_SIGNER'])
  const path = `${PATH}/${nickname}/signature`
  const count = async (key: string, query = '') => json<object[]>(await call(key, 'GET', `${path}${query}`)).length
  t.assert.equal(await count(admin), 1)
  t.assert.equal(await count(platform.account.service_api_key), 1)
  t.assert.equal(await count(signer.key), 0)
  t.assert.equal(await count(signer.key, `?user_id=${platform.account.service_user_id}`), 0)
  const { credential } = await issueToUser()
  t.assert.deepEqual(refusal(await call(signer.key, 'GET', `${PATH}/${credential.id}/signature`)), [
    404,
    'credential_not_found',
  ])
})

test('chain.pem has certificate, intermediate and root, as OpenSSL checks it', async (t: TestContext) => {
  if (skipWithoutOpenssl(t)) return
  const { nickname } = await issue()
  const answer = await call(admin, 'GET', `${PATH}/${nickname}/chain.pem`)
  t.assert.equal(answer.headers['content-type'], 'application/x-pem-file')
  t.assert.equal(answer.headers['content-disposition'], 'attachment; filename="chain.pem"')
  const certificates = answer.body.toString().split(/(?<=-----END CERTIFICATE-----\n)/)
  t.assert.equal(certificates.length, 3)
  t.assert.equal(certificates[2], platform.ca)
  await writeFile(join(platform.folder, 'chain.pem'), answer.body)
  openssl(t, platform.folder, [
    'verify',
    '-CAfile',
    'ca.pem',
    '-untrusted',
    'chain.pem',
    '-purpose',
    'smimesign',
    'chain.pem',
  ])
})

test('whose user is deleted is revoked', async (t: TestContext) => {
  const signer = await somebody(['CTM_SIGNER'])
  const { id, certificate } = await issue({ user_id: signer.id })
  t.assert.equal((await call(admin, 'DELETE', `/account/api/v1/user/${signer.id}`)).status, 204)
  t.assert.equal((await one(id)).status, 'revoked')
  const issued = (await platform.world.store.certificates.find(certificate!.id))!
  t.assert.equal(issued.revocation?.reason, 'cessation_of_operation')
})
