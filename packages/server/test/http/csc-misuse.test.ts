/** What signs with other people's keys would get: a PIN tried, an SAD used twice, late, for something else or by somebody else. Nothing is signed, and the audit log has it. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { decodeBase64 } from '@countersign/codec'
import type { Credential } from '../../src/domain/credential.ts'
import { revokeCertificate } from '../../src/domain/revoke-certificate.ts'
import { createKeys } from '../../src/keys/keys.ts'
import { openMasterKey } from '../../src/keys/master-key.ts'
import { digestOf, ES256, PIN, SHA256, type TestCsc, testCsc } from './test-csc.ts'
import { type AskOptions, json, startTestPlatform } from './test-platform.ts'

type Activation = { SAD: string; expiresIn: number }
type Signed = { signatures: string[] }

const MINUTE = 60_000
let csc: TestCsc
let time = 0
let names = 0
before(async () => {
  const rates = { COUNTERSIGN_FAILURE_RATE: '0', COUNTERSIGN_REQUEST_RATE: '0' }
  csc = await testCsc(await startTestPlatform(rates, () => new Date(Date.now() + time)))
})
after(() => csc.platform.stop())

const HASH = digestOf('one')
const REFUSED = '400 invalid_request: '
const signed = async (): Promise<number> =>
  (await csc.platform.world.store.signatures.list(csc.platform.account.account_id, 1_000)).length

/** A credential of its own for a test: the account's, or one of the service user with a PIN. */
async function made(bound = false): Promise<Credential> {
  const credential = await csc.credential(`misused ${++names}`, bound ? { userId: csc.self.user.id } : {})
  await csc.events()
  return credential
}

async function authorized(credentialID: string, more: object = {}, options: AskOptions = {}): Promise<string> {
  const body = { credentialID, numSignatures: 1, hash: [HASH], ...more }
  const { SAD } = await csc.get<Activation>('credentials/authorize', body, options)
  return SAD
}

const sign = (credentialID: string, SAD: string, more: object = {}, options: AskOptions = {}) =>
  csc.refusal('signatures/signHash', { credentialID, SAD, hash: [HASH], signAlgo: ES256, ...more }, options)

test('a wrong, a missing and a locked PIN authorise nothing, and no PIN is one of a credential that has none', async (t: TestContext) => {
  const { nickname: credentialID } = await made(true)
  const before = await signed()
  const authorize = (more: object, version = 'v1') => {
    const hashes = version === 'v2' ? { hashes: [HASH], hashAlgorithmOID: SHA256 } : { hash: [HASH] }
    return csc.refusal('credentials/authorize', { credentialID, numSignatures: 1, ...hashes, ...more }, { version })
  }
  t.assert.equal(await authorize({}), `${REFUSED}Missing (or invalid type) string parameter PIN`)
  t.assert.equal(await authorize({ PIN: '' }), `${REFUSED}Missing (or invalid type) string parameter PIN`)
  t.assert.equal(await authorize({ PIN: 4815 }), `${REFUSED}Missing (or invalid type) string parameter PIN`)
  t.assert.equal(
    await authorize({ authData: 'PIN' }, 'v2'),
    `${REFUSED}Missing (or invalid type) array parameter authData`,
  )
  const twice = [PIN, PIN].map((value) => ({ id: 'PIN', value }))
  for (const authData of [twice, [null], ['PIN'], [[]]])
    t.assert.match(
      await authorize({ authData }, 'v2'),
      /^400 invalid_request: (Invalid parameter authData|Missing .* PIN)$/,
    )
  const wrong = { authData: [{ id: 'PIN', value: `${PIN}x` }] }
  for (let attempt = 0; attempt < 5; attempt++)
    t.assert.equal(
      attempt % 2 ? await authorize({ PIN: `${PIN}${attempt}` }) : await authorize(wrong, 'v2'),
      `${REFUSED}The PIN is invalid.`,
    )
  t.assert.equal(await authorize({ PIN }), `${REFUSED}The PIN is locked.`)
  t.assert.equal(await authorize({ authData: [{ id: 'PIN', value: PIN }] }, 'v2'), `${REFUSED}The PIN is locked.`)
  const { key } = await csc.get<{ key: object }>('credentials/info', { credentialID })
  t.assert.partialDeepStrictEqual(key, { status: 'disabled' })
  const events = await csc.events()
  for (const event of [
    'credential.use failed no PIN was sent',
    'credential.use failed the PIN is wrong',
    'credential.lock success',
    'credential.use failed the PIN is locked',
  ])
    t.assert.ok(events.includes(event), event)
  t.assert.equal(events.filter((event) => event.endsWith('the PIN is wrong')).length, 5)

  const shared = await made()
  const body = { credentialID: shared.nickname, numSignatures: 1, hash: [HASH], PIN }
  t.assert.equal(await csc.refusal('credentials/authorize', body), `${REFUSED}The PIN is invalid.`)
  t.assert.deepEqual(await csc.events(), ['credential.use failed it has no PIN, and one was sent'])
  t.assert.equal(await signed(), before)
})

test('an SAD signs once', async (t: TestContext) => {
  for (const isBound of [false, true]) {
    const { nickname } = await made(isBound)
    const SAD = await authorized(nickname, { ...(isBound && { PIN }), numSignatures: 5 })
    const before = await signed()
    t.assert.equal(await sign(nickname, SAD), '200 undefined: undefined')
    t.assert.equal(await sign(nickname, SAD), `${REFUSED}Invalid parameter SAD`)
    t.assert.equal(await signed(), before + 1)
    t.assert.equal((await csc.events()).at(-1), 'credential.use failed the SAD was used already')
  }
})

test('of ten requests with the same SAD at once one is answered', async (t: TestContext) => {
  for (const isBound of [false, true]) {
    const { nickname } = await made(isBound)
    const SAD = await authorized(nickname, isBound ? { PIN } : {})
    const before = await signed()
    const answers = await Promise.all(Array.from({ length: 10 }, () => sign(nickname, SAD)))
    t.assert.equal(answers.filter((answer) => answer.startsWith('200')).length, 1)
    t.assert.equal(answers.filter((answer) => answer === `${REFUSED}Invalid parameter SAD`).length, 9)
    t.assert.equal(await signed(), before + 1)
    t.assert.equal(
      (await csc.events()).filter((event) => event.startsWith('credential.use failed the SAD was used')).length,
      9,
    )
  }
})

test('of ten who extend the same SAD at once one gets the next', async (t: TestContext) => {
  const { nickname: credentialID } = await made(true)
  const SAD = await authorized(credentialID, { PIN, numSignatures: 20 })
  const body = { credentialID, SAD, hash: [digestOf('two')] }
  const answers = await Promise.all(Array.from({ length: 10 }, () => csc.ask('credentials/extendTransaction', body)))
  const given = answers.filter(({ status }) => status === 200).map((answer) => json<Activation>(answer).SAD)
  t.assert.equal(given.length, 1)
  t.assert.equal(await sign(credentialID, SAD), `${REFUSED}Invalid parameter SAD`)
  const next = given[0] ?? ''
  t.assert.equal(await sign(credentialID, next), `${REFUSED}Hash is not authorized by the SAD`)
  t.assert.equal(await sign(credentialID, next, { hash: [digestOf('two')] }), '200 undefined: undefined')
})

test('an SAD is for its hashes, each as often as it was authorised', async (t: TestContext) => {
  const { nickname } = await made()
  const SAD = await authorized(nickname, { numSignatures: 3, hash: [HASH, digestOf('two'), digestOf('two')] })
  const before = await signed()
  for (const hash of [
    [digestOf('three')],
    [HASH, digestOf('three')],
    [HASH, HASH],
    [digestOf('two'), digestOf('two'), digestOf('two')],
  ])
    t.assert.equal(await sign(nickname, SAD, { hash }), `${REFUSED}Hash is not authorized by the SAD`)
  t.assert.deepEqual(
    new Set((await csc.events()).slice(1)),
    new Set(['credential.use failed the hash is not one that the SAD is for']),
  )
  t.assert.equal(await signed(), before)
  t.assert.equal(
    await sign(nickname, SAD, { hash: [digestOf('two'), HASH, digestOf('two')] }),
    '200 undefined: undefined',
  )
  t.assert.equal(await signed(), before + 3)
})

test('an SAD is for who was given it, for that credential', async (t: TestContext) => {
  const { nickname } = await made()
  const { nickname: another } = await made()
  const SAD = await authorized(nickname)
  const other = await csc.caller()
  const before = await signed()
  await csc.events()
  t.assert.equal(await sign(nickname, SAD, {}, other.tls), `${REFUSED}Invalid parameter SAD`)
  t.assert.equal(await sign(another, SAD), `${REFUSED}Invalid parameter SAD`)
  const extension = { credentialID: nickname, SAD, hash: [HASH] }
  t.assert.equal(
    await csc.refusal('credentials/extendTransaction', extension, other.tls),
    `${REFUSED}Invalid parameter SAD`,
  )
  t.assert.deepEqual(await csc.events(), [
    'credential.use failed the SAD is another user’s',
    'credential.use failed the SAD is for another credential',
    'credential.use failed the SAD is another user’s',
  ])
  // What is one user's alone, another does not even find.
  const { nickname: own } = await made(true)
  const ownSad = await authorized(own, { PIN })
  await csc.events()
  t.assert.equal(await sign(own, ownSad, {}, other.tls), `${REFUSED}Invalid parameter credentialID`)
  const body = { credentialID: own, numSignatures: 1, hash: [HASH], PIN }
  t.assert.equal(
    await csc.refusal('credentials/authorize', body, other.tls),
    `${REFUSED}Invalid parameter credentialID`,
  )
  t.assert.equal(await csc.refusal('credentials/info', body, other.tls), `${REFUSED}Invalid parameter credentialID`)
  t.assert.deepEqual(await csc.events(), [
    'credential.use failed the credential is another user’s',
    'credential.use failed the credential is another user’s',
  ])
  t.assert.equal(await signed(), before)
  t.assert.equal(await sign(own, ownSad), '200 undefined: undefined')
})

test('an SAD counts for five minutes, and a chain of them for an hour', async (t: TestContext) => {
  t.after(() => {
    time = 0
  })
  const { nickname: credentialID } = await made(true)
  let SAD = await authorized(credentialID, { PIN, numSignatures: 20 })
  const before = await signed()
  time += 5 * MINUTE + 1
  t.assert.equal(await sign(credentialID, SAD), `${REFUSED}SAD expired`)
  const body = { credentialID, SAD, hash: [HASH] }
  t.assert.equal(await csc.refusal('credentials/extendTransaction', body), `${REFUSED}SAD expired`)
  t.assert.equal((await csc.events()).at(-1), 'credential.use failed the SAD has ended')
  t.assert.equal(await signed(), before)

  SAD = await authorized(credentialID, { PIN, numSignatures: 20 })
  const ends: number[] = []
  for (let minutes = 4; minutes < 60; minutes += 4) {
    time += 4 * MINUTE
    const next = await csc.get<Activation>('credentials/extendTransaction', { credentialID, SAD, hash: [HASH] })
    SAD = next.SAD
    ends.push(next.expiresIn)
  }
  t.assert.deepEqual([ends[0], ends.at(-2)], [300, 300])
  t.assert.ok((ends.at(-1) ?? 0) > 200 && (ends.at(-1) ?? 0) <= 240, String(ends.at(-1)))
  time += 4 * MINUTE
  t.assert.equal(await sign(credentialID, SAD), `${REFUSED}SAD expired`)

  // The key that was sealed for it is gone with the end, and with a day all of it.
  const { signatureActivations } = csc.platform.world.store
  const find = () => signatureActivations.findBySecretHash(createHash('sha256').update(decodeBase64(SAD)).digest())
  t.assert.ok((await find())?.sealedKey)
  const now = csc.platform.world.now()
  await signatureActivations.forget(now, new Date(now.getTime() - 60 * MINUTE))
  t.assert.equal((await find())?.sealedKey, undefined)
  await signatureActivations.forget(now, now)
  t.assert.equal(await find(), undefined)
  t.assert.equal(await sign(credentialID, SAD), `${REFUSED}Invalid parameter SAD`)
})

test('what was suspended, revoked or ended since it was authorised does not sign', async (t: TestContext) => {
  t.after(() => {
    time = 0
  })
  const { world } = csc.platform
  const disabled = `${REFUSED}The credential identified by credentialID is disabled`
  const before = await signed()
  for (const status of ['suspended', 'revoked'] as const) {
    const credential = await made(true)
    const { nickname: credentialID } = credential
    const SAD = await authorized(credentialID, { PIN, numSignatures: 2 })
    await world.store.credentials.update({ ...credential, status })
    t.assert.equal(await sign(credentialID, SAD), disabled)
    t.assert.equal(await csc.refusal('credentials/extendTransaction', { credentialID, SAD, hash: [HASH] }), disabled)
    t.assert.equal(
      await csc.refusal('credentials/authorize', { credentialID, numSignatures: 1, hash: [HASH], PIN }),
      disabled,
    )
    const { key, cert } = await csc.get<{ key: object; cert: object }>('credentials/info', { credentialID })
    t.assert.partialDeepStrictEqual([key, cert], [{ status: 'disabled' }, { status }])
    t.assert.equal((await csc.events()).at(-1), `credential.use failed the credential is ${status}`)
    const valid = await csc.get<{ credentialIDs: string[] }>('credentials/list', { onlyValid: true })
    t.assert.equal(valid.credentialIDs.includes(credentialID), false)
    if (status === 'suspended') await world.store.credentials.update({ ...credential, status: 'revoked' })
  }
  const credential = await made()
  const SAD = await authorized(credential.nickname)
  await revokeCertificate(world, credential.certificateId ?? '', 'key_compromise', { kind: 'platform' })
  t.assert.equal(await sign(credential.nickname, SAD), disabled)
  t.assert.equal((await csc.events()).at(-1), 'credential.use failed the certificate is revoked')

  const ended = await made()
  time += 366 * 24 * 60 * MINUTE
  const body = { credentialID: ended.nickname, numSignatures: 1, hash: [HASH] }
  t.assert.equal(await csc.refusal('credentials/authorize', body), `${REFUSED}Signing certificate is expired`)
  t.assert.equal((await csc.events()).at(-1), 'credential.use failed the certificate has expired')
  t.assert.equal(await signed(), before)
})

test('another PIN, and another key, is the end of what was authorised by the one before', async (t: TestContext) => {
  const { world } = csc.platform
  const credential = await made(true)
  const SAD = await authorized(credential.nickname, { PIN })
  const before = await signed()
  const key = (await world.store.privateKeys.find(credential.keyId))!
  const opened = (await world.keys.open(key, PIN))!
  t.assert.ok(await world.store.privateKeys.rewrap(await opened.rebind('another PIN 77'), key))
  t.assert.equal(await sign(credential.nickname, SAD), `${REFUSED}Invalid parameter SAD`)
  t.assert.equal(
    (await csc.events()).at(-1),
    'credential.use failed the key or the PIN of the credential is another one since',
  )
  t.assert.equal(await signed(), before)
})

test('database and master key open nothing that a PIN authorised', async (t: TestContext) => {
  const { world, folder } = csc.platform
  const credential = await made(true)
  const SAD = await authorized(credential.nickname, { PIN, numSignatures: 2 })
  const secretHash = createHash('sha256').update(decodeBase64(SAD)).digest()
  const activation = (await world.store.signatureActivations.findBySecretHash(new Uint8Array(secretHash)))!
  const key = (await world.store.privateKeys.find(credential.keyId))!
  const masterKey = await openMasterKey({ given: undefined, dataFolder: folder, mayCreate: false })
  const stolen = createKeys({ masterKey, now: world.now })
  const sealed = activation.sealedKey as Uint8Array
  // All that is kept beside it is no secret that opens it.
  for (const secret of [activation.secretHash, activation.wrappingHash, activation.hashes[0] as Uint8Array])
    t.assert.equal(stolen.unseal(key, activation.id, secret, sealed), undefined)
  t.assert.ok(stolen.unseal(key, activation.id, decodeBase64(SAD), sealed))
  t.assert.throws(() => stolen.unseal(key, 'another', decodeBase64(SAD), sealed))
  // The text itself is nowhere.
  const database = Buffer.concat([
    await readFile(join(folder, 'countersign.db')),
    await readFile(join(folder, 'countersign.db-wal')).catch(() => Buffer.alloc(0)),
  ])
  t.assert.ok(database.includes(activation.id))
  t.assert.equal(database.includes(SAD), false)
  t.assert.equal(database.includes(Buffer.from(SAD, 'base64')), false)
})

test('what is asked in the wrong words hears which were right', async (t: TestContext) => {
  const { nickname: credentialID } = await made()
  const { nickname: rsa } = await csc.credential('misused RSA', { type: 'rsa2048' })
  const { nickname: p384 } = await csc.credential('misused P-384', { type: 'p384' })
  const before = await signed()
  const missing = (type: string, name: string) => `Missing (or invalid type) ${type} parameter ${name}`
  const authorize = { credentialID, numSignatures: 1, hash: [HASH] }
  for (const [more, sentence] of [
    [{ credentialID: undefined }, missing('string', 'credentialID')],
    [{ credentialID: 'nobody knows it' }, 'Invalid parameter credentialID'],
    [{ numSignatures: undefined }, missing('integer', 'numSignatures')],
    [{ numSignatures: '1' }, missing('integer', 'numSignatures')],
    [{ numSignatures: 1.5 }, missing('integer', 'numSignatures')],
    [{ numSignatures: 0 }, 'Invalid value for parameter numSignatures'],
    [{ numSignatures: -1 }, 'Invalid value for parameter numSignatures'],
    [{ numSignatures: 1001 }, 'Numbers of signatures is too high'],
    [{ hash: [HASH, HASH] }, 'Invalid value for parameter numSignatures'],
    [{ hash: undefined }, missing('array', 'hash')],
    [{ hash: HASH }, missing('array', 'hash')],
    [{ hash: null, hashes: [HASH] }, missing('array', 'hash')],
    [{ hash: [] }, 'Empty hash array'],
    [{ hash: [5] }, 'Invalid Base64 hash string parameter'],
    [{ hash: ['no base64'] }, 'Invalid Base64 hash string parameter'],
    [{ hash: [''] }, 'Invalid Base64 hash string parameter'],
    [{ hash: ['AAAA'] }, 'Invalid digest value length'],
    [{ hash: [digestOf('x', 'sha1')] }, 'Invalid digest value length'],
    // A digest of a hash that the key is not used with.
    [{ hash: [digestOf('x', 'sha384')] }, 'Invalid digest value length'],
    [{ hashAlgo: '2.16.840.1.101.3.4.2.2' }, 'Invalid parameter hashAlgo'],
    [{ hashAlgo: '1.3.14.3.2.26' }, 'Invalid parameter hashAlgo'],
    [{ hashAlgo: 5 }, missing('string', 'hashAlgo')],
    [{ credentialID: rsa, hashAlgo: '2.16.840.1.101.3.4.2.2' }, 'Invalid digest value length'],
    [{ credentialID: p384, hash: [digestOf('x', 'sha384'), HASH], numSignatures: 2 }, 'Invalid digest value length'],
  ] as const)
    t.assert.equal(
      await csc.refusal('credentials/authorize', { ...authorize, ...more }),
      REFUSED + sentence,
      JSON.stringify(more),
    )
  const hashes = { credentialID, numSignatures: 1, hashes: [HASH], hash: undefined }
  for (const [more, sentence] of [
    [{ hashes: undefined, hash: [HASH] }, missing('array', 'hashes')],
    [{ hashAlgorithmOID: 'sha1' }, 'Invalid parameter hashAlgorithmOID'],
  ] as const)
    t.assert.equal(
      await csc.refusal('credentials/authorize', { ...hashes, ...more }, { version: 'v2' }),
      REFUSED + sentence,
    )

  const SAD = await authorized(rsa, { numSignatures: 3 })
  const request = { credentialID: rsa, SAD, hash: [HASH], signAlgo: '1.2.840.113549.1.1.11' }
  const PSS = '1.2.840.113549.1.1.10'
  // SHA-256, MGF1 with SHA-256, and a salt of one byte.
  const PSS256 = 'MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEg'
  // As much as 2048 bits have no room for: 223 bytes.
  const LONG_SALT = 'MDWgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIEAgIA3w=='
  const SHORT_SALT = 'MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEB'
  for (const [more, sentence] of [
    [{ credentialID: undefined }, missing('string', 'credentialID')],
    [{ SAD: undefined }, missing('string', 'SAD')],
    [{ SAD: [SAD] }, missing('string', 'SAD')],
    [{ SAD: 'xxx' }, 'Invalid parameter SAD'],
    [{ SAD: SAD.slice(0, -1) }, 'Invalid parameter SAD'],
    [{ SAD: `A${SAD.slice(1)}` === SAD ? `B${SAD.slice(1)}` : `A${SAD.slice(1)}` }, 'Invalid parameter SAD'],
    [{ SAD: Buffer.alloc(32).toString('base64') }, 'Invalid parameter SAD'],
    [{ hash: undefined }, missing('array', 'hash')],
    [{ hash: [] }, 'Empty hash array'],
    [{ hash: [digestOf('x', 'sha384')] }, 'Invalid digest value length'],
    [{ signAlgo: undefined }, missing('string', 'signAlgo')],
    [{ signAlgo: '1.2.840.113549.1.1.5' }, 'Invalid parameter signAlgo'],
    [{ signAlgo: 'RSA' }, 'Invalid parameter signAlgo'],
    [{ signAlgo: ES256 }, 'Invalid parameter signAlgo'],
    [{ signAlgo: '1.3.101.112' }, 'Invalid parameter signAlgo'],
    [{ signAlgo: '1.2.840.113549.1.1.1' }, missing('string', 'hashAlgo')],
    [{ signAlgo: '1.2.840.113549.1.1.1', hashAlgo: '1.3.14.3.2.26' }, 'Invalid parameter hashAlgo'],
    [{ signAlgo: '1.2.840.113549.1.1.1', hashAlgo: 'SHA512' }, 'Invalid digest value length'],
    [{ signAlgo: PSS }, missing('string', 'signAlgoParams')],
    [{ signAlgo: PSS, signAlgoParams: 'MTIzNDQ=' }, missing('string', 'hashAlgo')],
    [{ signAlgo: PSS, signAlgoParams: 'AAAA' }, 'Invalid parameter signAlgoParams'],
    [{ signAlgo: PSS, signAlgoParams: SHORT_SALT }, 'Invalid parameter signAlgoParams'],
    [{ signAlgo: PSS, signAlgoParams: 'MA==' }, 'Invalid parameter signAlgoParams'],
    [{ signAlgo: PSS, signAlgoParams: 'MAA=' }, 'Invalid parameter signAlgoParams'],
    [{ signAlgo: PSS, signAlgoParams: LONG_SALT }, 'Invalid parameter signAlgoParams'],
    [{ signAlgo: PSS, signAlgoParams: PSS256, hashAlgo: 'SHA384' }, 'Invalid parameter hashAlgo'],
    [{ signAlgo: PSS, signAlgoParams: 'A'.repeat(1_028) }, 'Invalid parameter signAlgoParams'],
    [{ signAlgoParams: 'AAAA' }, 'Invalid parameter signAlgoParams'],
    [{ signAlgoParams: 5 }, missing('string', 'signAlgoParams')],
    [{ operationMode: 'A' }, 'Invalid parameter operationMode'],
    [{ operationMode: 5 }, 'Invalid parameter operationMode'],
  ] as const)
    t.assert.equal(
      await csc.refusal('signatures/signHash', { ...request, ...more }),
      REFUSED + sentence,
      JSON.stringify(more),
    )
  const extension = { credentialID: rsa, SAD, hash: [HASH] }
  for (const [more, sentence] of [
    [{ SAD: undefined }, missing('string', 'SAD')],
    [{ SAD: 'xxx' }, 'Invalid parameter SAD'],
    [{ hash: undefined }, missing('array', 'hash')],
    [{ hash: [HASH, HASH, HASH, HASH] }, 'Numbers of signatures is too high'],
  ] as const)
    t.assert.equal(
      await csc.refusal('credentials/extendTransaction', { ...extension, ...more }),
      REFUSED + sentence,
      JSON.stringify(more),
    )
  t.assert.equal(await signed(), before)
  // None of it spent what was authorised.
  t.assert.equal((await csc.get<Signed>('signatures/signHash', request)).signatures.length, 1)
})

test('a body that is no JSON object is refused as the API refuses', async (t: TestContext) => {
  const path = '/documentmanager/csc/v1/credentials/list'
  const ask = async (text: string, type = 'application/json') => {
    const answer = await csc.platform.ask(path, { body: Buffer.from(text), headers: { 'content-type': type } })
    const { error } = json(answer)
    return [answer.status, error]
  }
  for (const text of ['[]', '"text"', '5', 'true', '{', '{"a":1}}', '{"__proto__":{"maxResults":1}}', '\0'])
    t.assert.deepEqual(await ask(text), [400, 'invalid_request'], text)
  t.assert.deepEqual(await ask(`{"clientData":"${'x'.repeat(1_100_000)}"}`), [413, 'invalid_request'])
  t.assert.deepEqual(await ask('maxResults=1', 'application/x-www-form-urlencoded'), [415, 'invalid_request'])
  t.assert.deepEqual(await ask('{}', 'text/plain'), [415, 'invalid_request'])
  const get = await csc.platform.ask(path)
  t.assert.deepEqual([get.status, json(get).error], [405, 'invalid_request'])
  const none = await csc.platform.ask('/documentmanager/csc/v1/credentials/sendOTP', { method: 'POST' })
  t.assert.deepEqual([none.status, json(none).error], [404, 'invalid_request'])
})

test('every version is for who has a certificate and may sign', async (t: TestContext) => {
  const other = await csc.caller()
  await csc.platform.world.store.users.update({ ...other.user, permissions: [] })
  const methods = [
    ...['credentials/list', 'credentials/info', 'credentials/authorize', 'credentials/extendTransaction'],
    ...['signatures/signHash', 'signatures/timestamp'],
  ]
  for (const version of ['v0', 'v1', 'v2']) {
    for (const method of methods)
      t.assert.equal(
        await csc.refusal(method, {}, { ...other.tls, version }),
        '403 access_denied: The user needs the permission SIGN_CTM_CONTENT',
      )
    for (const method of ['info', ...methods]) {
      const key = csc.platform.account.service_api_key
      const byKey = await csc.ask(method, {}, { version, door: 'api', headers: { 'x-api-key': key } })
      const byNothing = await csc.ask(method, {}, { version, cert: '', key: '', agent: false })
      for (const answer of [byKey, byNothing])
        t.assert.deepEqual([answer.status, json(answer).errors[0]?.code], [403, 'AUTHORIZATION_ERROR'])
    }
    t.assert.equal((await csc.ask('info', {}, { ...other.tls, version })).status, 200)
  }
})
