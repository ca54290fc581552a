import { randomUUID } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { activeManifest, judge } from '../../../../test/judge.ts'
import { openssl, skipWithoutOpenssl } from '../openssl.ts'
import { eventsOf } from '../store/events-of.ts'
import { account } from '../store/noun.ts'
import {
  CREDENTIALS,
  type CredentialAnswer,
  type CredentialPlatform,
  fileOf,
  refusal,
  startCredentialPlatform,
} from './test-credentials.ts'
import { json } from './test-platform.ts'

let platform: CredentialPlatform
let time = 0

before(async () => {
  platform = await startCredentialPlatform(() => new Date(Date.now() + time))
})
after(() => platform.stop())

test('a user gets a credential and its PIN by mail, and signs with both', async (t: TestContext) => {
  const { credential, pin } = await platform.issueToUser({ organization: 'Nordwind Zeitung', country: 'de' })
  t.assert.equal(credential.status, 'enabled')
  t.assert.deepEqual([credential.pin_status, credential.pin_attempts_left], ['set', 5])
  t.assert.equal(credential.certificate!.subject, 'CN=Picture Desk,O=Nordwind Zeitung,C=DE')
  t.assert.match(pin, /^[2-9a-km-z]{12}$/)

  const named = { credentialID: credential.nickname }
  const answer = await platform.signBy({ ...named, PIN: pin })
  t.assert.equal(answer.status, 200, `${answer.body}`)
  const file = fileOf(answer)
  const report = await judge('image/jpeg', file, platform.ca)
  t.assert.equal(report.validation_state, 'Trusted')
  const { signature_info } = activeManifest(report) as { signature_info: Record<string, string> }
  t.assert.deepEqual([signature_info.issuer, signature_info.common_name], ['Nordwind Zeitung', 'Picture Desk'])
  t.assert.equal(await platform.sentence({ credentialID: credential.id.toUpperCase(), PIN: pin }), 'signed')

  t.assert.equal(await platform.sentence({ ...named, PIN: 'wrong' }), 'The PIN is invalid.')
  t.assert.equal(await platform.sentence(named), 'Missing (or invalid type) string parameter PIN.')
  t.assert.equal(
    await platform.sentence({ ...named, PIN: pin, signAlgo: '1.3.101.112' }),
    'Missing (or invalid type) string parameter signAlgo.',
  )
  t.assert.equal((await platform.one(credential.id)).pin_attempts_left, 4)
})

test('the quickstart has a credential, its PIN and its chain, which are what they say', async (t: TestContext) => {
  const { credential_id: credentialID, credential_pin: PIN } = platform.account
  t.assert.equal(await platform.sentence({ credentialID, PIN }), 'signed')
  t.assert.equal(await platform.sentence({ credentialID, PIN: `${PIN}2` }), 'The PIN is invalid.')
  const chain = await readFile(join(platform.folder, 'quickstart', 'signing-chain.pem'), 'utf8')
  const answer = await platform.call(
    platform.account.service_api_key,
    'GET',
    `${CREDENTIALS}/${credentialID}/chain.pem`,
  )
  t.assert.equal(answer.body.toString(), chain)
})

test('the PIN is in the mail, and nowhere else that the platform keeps', async (t: TestContext) => {
  const { credential, pin } = await platform.issueToUser()
  t.assert.equal(await platform.sentence({ credentialID: credential.nickname, PIN: pin }), 'signed')
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

test('a suspended, revoked or expired credential does not sign, and the audit log says why', async (t: TestContext) => {
  const { credential, pin } = await platform.issueToUser({ validity_days: 1 })
  const fields = { credentialID: credential.nickname, PIN: pin }
  const put = async (what: string, body?: unknown) =>
    platform.call(platform.admin, 'PUT', `${CREDENTIALS}/${credential.id}/${what}`, body)
  t.assert.equal(json<CredentialAnswer>(await put('suspend')).status, 'suspended')
  t.assert.equal(await platform.sentence(fields), 'Invalid parameter credentialID.')
  t.assert.equal(json<CredentialAnswer>(await put('resume')).status, 'enabled')
  t.assert.equal(await platform.sentence(fields), 'signed')
  time = 2 * 86_400_000
  t.after(() => {
    time = 0
  })
  t.assert.equal(await platform.sentence(fields), 'Invalid parameter credentialID.')
  t.assert.equal((await platform.one(credential.id)).status, 'expired')
  t.assert.deepEqual(
    (await platform.list('?status=expired')).map(({ id }) => id),
    [credential.id],
  )
  time = 0
  t.assert.deepEqual(refusal(await put('revoke', { reason: 'certificate_hold' })), [400, 'invalid_request'])
  t.assert.equal(json<CredentialAnswer>(await put('revoke', { reason: 'KEY_COMPROMISE' })).status, 'revoked')
  t.assert.equal(await platform.sentence(fields), 'Invalid parameter credentialID.')
  const certificate = (await platform.world.store.certificates.find(credential.certificate!.id))!
  t.assert.equal(certificate.revocation?.reason, 'key_compromise')
  for (const what of ['revoke', 'suspend', 'resume', 'unlock', 'renew'])
    t.assert.deepEqual(refusal(await put(what)), [409, 'credential_revoked'], what)
  t.assert.deepEqual(
    refusal(await platform.call(platform.admin, 'POST', `${CREDENTIALS}/${credential.id}/reissue-pin`)),
    [409, 'credential_revoked'],
  )
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
  const { id, nickname, pin_status, pin_attempts_left } = await platform.issue({ key_type: 'RSA-2048' })
  t.assert.deepEqual([pin_status, pin_attempts_left], ['none', null])
  const fields = { credentialID: nickname, signAlgo: '1.2.840.113549.1.1.10' }
  t.assert.equal(await platform.sentence(fields), 'signed')
  t.assert.equal(await platform.sentence({ ...fields, PIN: '1' }), 'The PIN is invalid.')
  const events = await eventsOf(platform.world.store.auditEvents, platform.account.account_id, 500)
  t.assert.ok(
    events.some(
      ({ resourceId, status, details }) =>
        resourceId === id && status === 'failed' && details.reason === 'it has no PIN, and one was sent',
    ),
  )
  t.assert.deepEqual(refusal(await platform.call(platform.admin, 'PUT', `${CREDENTIALS}/${id}/unlock`)), [
    409,
    'credential_without_pin',
  ])
  t.assert.deepEqual(refusal(await platform.call(platform.admin, 'POST', `${CREDENTIALS}/${id}/reissue-pin`)), [
    409,
    'credential_without_pin',
  ])
})

test('people see and use their own and the account’s, administrators see all, and strangers none', async (t: TestContext) => {
  const signer = await platform.somebody(['CTM_SIGNER'])
  const stranger = account()
  await platform.world.store.accounts.add(stranger)
  const elsewhere = await platform.somebody(['CTM_ADMIN'], stranger.id)
  const theirs = await platform.issue({ user_id: signer.id })
  const shared = await platform.issue()
  const { credential: mine, pin } = await platform.issueToUser()

  const seen = async (key: string) => {
    const ids = new Set((await platform.list('?limit=1000', key)).map(({ id }) => id))
    return [theirs, shared, mine].map(({ id }) => ids.has(id))
  }
  t.assert.deepEqual(await seen(signer.key), [true, true, false])
  t.assert.deepEqual(await seen(platform.account.service_api_key), [false, true, true])
  t.assert.deepEqual(await seen(platform.admin), [true, true, true])
  t.assert.deepEqual(await platform.list('', elsewhere.key), [])
  for (const [key, named] of [
    [signer.key, mine.id],
    [signer.key, mine.nickname],
    [elsewhere.key, mine.id],
    [elsewhere.key, shared.nickname],
  ] as const) {
    const answers = [
      await platform.call(key, 'GET', `${CREDENTIALS}/${named}`),
      await platform.call(key, 'GET', `${CREDENTIALS}/${named}/chain.pem`),
      await platform.call(key, 'PUT', `${CREDENTIALS}/${named}/pin`, { pin, new_pin: 'something-fit-1' }),
    ]
    for (const answer of answers) t.assert.deepEqual(refusal(answer), [404, 'credential_not_found'])
  }
  for (const [method, what] of [
    ['PUT', 'revoke'],
    ['PUT', 'suspend'],
    ['POST', 'reissue-pin'],
    ['POST', 'renew'],
  ] as const)
    t.assert.deepEqual(refusal(await platform.call(elsewhere.key, method, `${CREDENTIALS}/${mine.id}/${what}`)), [
      404,
      'credential_not_found',
    ])
  t.assert.equal(
    await platform.sentence({ credentialID: theirs.nickname, PIN: (await platform.pins(theirs.nickname))[0]! }),
    'Invalid parameter credentialID.',
  )
  t.assert.deepEqual(
    refusal(
      await platform.call(elsewhere.key, 'POST', CREDENTIALS, {
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
    await platform.issue({
      nickname: `${prefix}-Page-${n}`,
      ...(n === 2 && { user_id: platform.account.service_user_id }),
    })
  const answer = await platform.call(platform.admin, 'GET', `${CREDENTIALS}?nickname=${prefix}-PAGE&limit=2`)
  t.assert.equal(json<CredentialAnswer[]>(answer).length, 2)
  t.assert.equal(answer.headers['x-total-count'], '3')
  t.assert.match(answer.headers.link!, /offset=2/)
  const names = async (query: string) =>
    (await platform.list(`?nickname=${prefix}&${query}`)).map(({ nickname }) => nickname.slice(-1))
  t.assert.deepEqual(await names('user_id=none'), ['1', '3'])
  t.assert.deepEqual(await names(`user_id=${platform.account.service_user_id}`), ['2'])
  await platform.call(platform.admin, 'PUT', `${CREDENTIALS}/${prefix}-Page-3/suspend`)
  t.assert.deepEqual(await names('status=suspended'), ['3'])
  t.assert.deepEqual(await names('status=enabled'), ['1', '2'])
})

test('what is wrong in a request is said, and nothing is made of it', async (t: TestContext) => {
  const { credentials, privateKeys } = platform.world.store
  const { nickname } = await platform.issue()
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
    t.assert.deepEqual(
      refusal(await platform.call(platform.admin, 'POST', CREDENTIALS, body)),
      [status, code],
      JSON.stringify(body),
    )
  }
  t.assert.equal((await credentials.list(platform.account.account_id)).length, before)
})

test('a credential is renewed with the same key, by POST and by PUT', async (t: TestContext) => {
  const { credential, pin } = await platform.issueToUser({ validity_days: 10 })
  const renewed = json<CredentialAnswer>(
    await platform.call(platform.admin, 'POST', `${CREDENTIALS}/${credential.id}/renew`),
  )
  t.assert.notEqual(renewed.certificate!.id, credential.certificate!.id)
  const again = json<CredentialAnswer>(
    await platform.call(platform.admin, 'PUT', `${CREDENTIALS}/${credential.id}/renew`, { validity_days: 366 }),
  )
  const days = (Date.parse(again.certificate!.valid_to) - Date.parse(again.certificate!.valid_from)) / 86_400_000
  t.assert.equal(Math.round(days), 366)
  t.assert.equal(await platform.sentence({ credentialID: credential.nickname, PIN: pin }), 'signed')
})

test('chain.pem has certificate, intermediate and root, as OpenSSL checks it', async (t: TestContext) => {
  if (skipWithoutOpenssl(t)) return
  const { nickname } = await platform.issue()
  const answer = await platform.call(platform.admin, 'GET', `${CREDENTIALS}/${nickname}/chain.pem`)
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
  const signer = await platform.somebody(['CTM_SIGNER'])
  const { id, certificate } = await platform.issue({ user_id: signer.id })
  t.assert.equal((await platform.call(platform.admin, 'DELETE', `/account/api/v1/user/${signer.id}`)).status, 204)
  t.assert.equal((await platform.one(id)).status, 'revoked')
  const issued = (await platform.world.store.certificates.find(certificate!.id))!
  t.assert.equal(issued.revocation?.reason, 'cessation_of_operation')
})
