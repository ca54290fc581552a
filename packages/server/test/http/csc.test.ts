/** The Cloud Signature Consortium's API: its answers are those of its specifications, and its signatures count everywhere. */

import { createHash, verify, X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import type { KeyType } from '../../src/domain/private-key.ts'
import { openssl, skipWithoutOpenssl } from '../openssl.ts'
import { eventsOf } from '../store/events-of.ts'
import { digestOf, ES256, PIN, SHA256, type TestCsc, testCsc } from './test-csc.ts'
import { json, startTestPlatform } from './test-platform.ts'

type Details = {
  key: { status: string; algo: string[]; len: number; curve?: string }
  cert: { status: string; certificates?: string[]; serialNumber?: string; validFrom?: string; validTo?: string }
  PIN?: { presence: string }
  auth?: { mode: string; expression?: string; objects?: { id: string }[] }
  multisign: number
}
type Activation = { SAD: string; expiresIn: number }
type Signed = { signatures: string[] }

let csc: TestCsc
before(async () => {
  csc = await testCsc(await startTestPlatform())
})
after(() => csc.platform.stop())

const DATA = Buffer.from('the COSE Sig_structure of a claim')
const fields = (value: object): string[] => Object.keys(value).sort()

test('info says what there is, in both versions, and a logo that can be drawn', async (t: TestContext) => {
  const first = await csc.get<Record<string, unknown>>('info')
  const { logo, ...others } = first
  t.assert.deepEqual(others, {
    specs: '1.0.4.0',
    name: 'Countersign',
    region: 'US',
    lang: 'en-US',
    description: 'Signs hashes with the keys of content credentials',
    authType: ['TLS'],
    methods: [
      'credentials/list',
      'credentials/info',
      'credentials/authorize',
      'credentials/extendTransaction',
      'signatures/signHash',
      'signatures/timestamp',
    ],
  })
  const picture = await csc.platform.ask(new URL(String(logo)).pathname, { door: 'api' })
  t.assert.deepEqual([picture.status, picture.headers['content-type']], [200, 'image/png'])
  t.assert.equal(picture.body.subarray(1, 4).toString(), 'PNG')

  const second = await csc.get<Record<string, unknown>>('info', { lang: 'de' }, { version: 'v2' })
  t.assert.deepEqual(fields(second), [
    ...[
      'asynchronousOperationMode',
      'authType',
      'conformance_levels',
      'description',
      'lang',
      'logo',
      'methods',
      'name',
    ],
    ...['region', 'signAlgorithms', 'signature_formats', 'specs'],
  ])
  t.assert.deepEqual([second.specs, second.signature_formats], ['2.0.0.0', { formats: [], envelope_properties: [] }])
  t.assert.deepEqual(second.signAlgorithms, {
    algos: [
      '1.2.840.10045.4.3.2',
      '1.2.840.10045.4.3.3',
      '1.2.840.10045.4.3.4',
      '1.2.840.113549.1.1.10',
      '1.2.840.113549.1.1.1',
      '1.2.840.113549.1.1.11',
      '1.2.840.113549.1.1.12',
      '1.2.840.113549.1.1.13',
      '1.3.101.112',
    ],
  })
  t.assert.deepEqual(await csc.get('info', {}, { version: 'v0' }), first)
  // Without parameters it may be asked without a body.
  for (const headers of [{}, { 'content-type': 'application/json' }]) {
    const bare = await csc.platform.ask('/documentmanager/csc/v1/info/', { method: 'POST', headers })
    t.assert.deepEqual([bare.status, json<object>(bare)], [200, first])
  }
})

test('credentials are listed, page by page, and in version 2 with their details', async (t: TestContext) => {
  await csc.credential('page one')
  await csc.credential('page two', { type: 'p384' })
  const { credentialIDs, ...rest } = await csc.get<{ credentialIDs: string[] }>('credentials/list')
  t.assert.deepEqual(rest, {})
  t.assert.ok(credentialIDs.includes('page one') && credentialIDs.includes(csc.platform.account.credential_id))
  const pages: string[] = []
  for (let pageToken: string | undefined; ; ) {
    const page = await csc.get<{ credentialIDs: string[]; nextPageToken?: string }>('credentials/list', {
      maxResults: 2,
      ...(pageToken !== undefined && { pageToken }),
    })
    t.assert.ok(page.credentialIDs.length <= 2)
    pages.push(...page.credentialIDs)
    pageToken = page.nextPageToken
    if (pageToken === undefined) break
  }
  t.assert.deepEqual(pages, credentialIDs)

  const version = 'v2'
  const body = { credentialInfo: true, certificates: 'chain', certInfo: true, authInfo: true, onlyValid: true }
  const all = await csc.get<{ credentialIDs: string[]; credentialInfos: (Details & { credentialID: string })[] }>(
    'credentials/list',
    body,
    { version },
  )
  t.assert.deepEqual(fields(all), ['credentialIDs', 'credentialInfos', 'onlyValid'])
  for (const { credentialID, ...details } of all.credentialInfos) {
    const alone = { credentialID, certificates: 'chain', certInfo: true, authInfo: true }
    t.assert.deepEqual(details, await csc.get('credentials/info', alone, { version }))
  }
  // The certificate says who asks; the parameter may say so too, and nobody else.
  const { id } = csc.self.user
  t.assert.deepEqual(await csc.get('credentials/list', { userID: id, clientData: 'x' }), { credentialIDs })
  t.assert.deepEqual(await csc.get('credentials/list', { userID: null }), { credentialIDs })
  const other = await csc.caller()
  const theirs = await csc.get<{ credentialIDs: string[] }>('credentials/list', {}, other.tls)
  t.assert.equal(theirs.credentialIDs.includes(csc.platform.account.credential_id), false)
  for (const [wrong, sentence] of [
    [{ userID: other.user.id }, 'Invalid parameter userID'],
    [{ userID: 5 }, 'Missing (or invalid type) string parameter userID'],
    [{ maxResults: 0 }, 'Invalid parameter maxResults'],
    [{ maxResults: '2' }, 'Missing (or invalid type) integer parameter maxResults'],
    [{ pageToken: 'nothing' }, 'Invalid parameter pageToken'],
    [{ credentialInfo: 'true' }, 'Missing (or invalid type) boolean parameter credentialInfo'],
    [{ certificates: 'all' }, 'Invalid parameter certificates'],
  ] as const)
    t.assert.equal(await csc.refusal('credentials/list', wrong), `400 invalid_request: ${sentence}`)
})

test('a credential that waits for its certificate is none to sign with', async (t: TestContext) => {
  const { store } = csc.platform.world
  const made = await csc.credential('waits')
  await store.credentials.update({ ...made, certificateId: undefined, status: 'requested' })
  const { credentialIDs } = await csc.get<{ credentialIDs: string[] }>('credentials/list')
  t.assert.equal(credentialIDs.includes('waits'), false)
  const credentialID = 'waits'
  t.assert.equal(
    await csc.refusal('credentials/info', { credentialID }),
    '400 invalid_request: Invalid parameter credentialID',
  )
  t.assert.equal(
    await csc.refusal('credentials/authorize', { credentialID, numSignatures: 1, hash: [digestOf('one')] }),
    '400 invalid_request: The credential identified by credentialID is disabled',
  )
})

test('a credential tells what of it is wanted', async (t: TestContext) => {
  await csc.credential('details', { userId: csc.self.user.id })
  const ask = (body: object, version = 'v1') =>
    csc.get<Details & Record<string, unknown>>('credentials/info', { credentialID: 'details', ...body }, { version })

  const bare = await ask({ certificates: 'none' })
  t.assert.deepEqual(bare, {
    description: 'details',
    key: { status: 'enabled', algo: [ES256], len: 256, curve: '1.2.840.10045.3.1.7' },
    cert: { status: 'valid' },
    authMode: 'explicit',
    SCAL: '2',
    multisign: 1000,
    lang: 'en-US',
  })
  t.assert.equal((await ask({})).cert.certificates?.length, 1)
  const whole = await ask({ certificates: 'chain', certInfo: true, authInfo: true })
  const [leaf, between, root] = (whole.cert.certificates ?? []).map(
    (text) => new X509Certificate(Buffer.from(text, 'base64')),
  )
  t.assert.ok(leaf && between && root && leaf.verify(between.publicKey) && between.verify(root.publicKey))
  t.assert.ok(root.verify(root.publicKey))
  t.assert.equal(whole.cert.serialNumber, leaf.serialNumber)
  t.assert.match(whole.cert.validFrom ?? '', /^\d{14}Z$/)
  const written = (whole.cert.validTo ?? '').replace(/(....)(..)(..)(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z')
  t.assert.deepEqual(new Date(written), new Date(leaf.validTo))
  t.assert.deepEqual(fields(whole.cert), [
    ...['certificates', 'issuerDN', 'serialNumber', 'status', 'subjectDN', 'validFrom', 'validTo'],
  ])
  t.assert.deepEqual([whole.PIN?.presence, (await ask({ authInfo: true })).OTP], ['true', { presence: 'false' }])
  const shared = await csc.get<Details>('credentials/info', { credentialID: 'page one', authInfo: true })
  t.assert.deepEqual(shared.PIN, { presence: 'false' })

  const second = await ask({ certificates: 'none', authInfo: true }, 'v2')
  t.assert.deepEqual(
    [second.authMode, second.PIN, second.auth?.mode, second.auth?.expression],
    [undefined, undefined, 'explicit', 'PIN'],
  )
  t.assert.deepEqual(
    second.auth?.objects?.map((object) => Object.keys(object)),
    [['type', 'id', 'format', 'label', 'description']],
  )
  for (const [body, sentence] of [
    [{}, 'Missing (or invalid type) string parameter credentialID'],
    [{ credentialID: 7 }, 'Missing (or invalid type) string parameter credentialID'],
    [{ credentialID: 'nobody knows it' }, 'Invalid parameter credentialID'],
    [{ credentialID: 'details\0' }, 'Invalid parameter credentialID'],
    [{ credentialID: 'details', certificates: 'both' }, 'Invalid parameter certificates'],
    [{ credentialID: 'details', certInfo: 1 }, 'Missing (or invalid type) boolean parameter certInfo'],
  ] as const)
    t.assert.equal(await csc.refusal('credentials/info', body), `400 invalid_request: ${sentence}`)
})

/** RSASSA-PSS-params with SHA-256 and SHA-512, MGF1 with the same, and salts as long. RFC 4055 §3.1. */
const PSS256 = 'MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEg'
const PSS512 = 'MDSgDzANBglghkgBZQMEAgMFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgMFAKIDAgFA'

const WAYS: readonly [KeyType, readonly (readonly [hash: string, by: object, padding?: object])[]][] = [
  ['p256', [['sha256', { signAlgo: ES256 }]]],
  ['p384', [['sha384', { signAlgo: '1.2.840.10045.4.3.3', hashAlgo: 'passed over' }]]],
  ['p521', [['sha512', { signAlgo: '1.2.840.10045.4.3.4' }]]],
  [
    'rsa2048',
    [
      ['sha256', { signAlgo: '1.2.840.113549.1.1.1', hashAlgo: SHA256, signAlgoParams: 'BQA=' }],
      ['sha384', { signAlgo: '1.2.840.113549.1.1.1', hashAlgo: 'SHA-384', signAlgoParams: '' }],
      ['sha256', { signAlgo: '1.2.840.113549.1.1.11' }],
      ['sha384', { signAlgo: '1.2.840.113549.1.1.12' }],
      ['sha512', { signAlgo: '1.2.840.113549.1.1.13' }],
      ['sha256', { signAlgo: '1.2.840.113549.1.1.10', signAlgoParams: PSS256 }, { padding: 6, saltLength: 32 }],
      ['sha512', { signAlgo: '1.2.840.113549.1.1.10', signAlgoParams: PSS512 }, { padding: 6, saltLength: 64 }],
      [
        'sha256',
        { signAlgo: '1.2.840.113549.1.1.10', signAlgoParams: 'MTIzNDQ=', hashAlgo: 'SHA256' },
        { padding: 6, saltLength: 32 },
      ],
    ],
  ],
]
for (const [type, ways] of WAYS)
  test(`OpenSSL accepts what a ${type} key signed`, async (t: TestContext) => {
    const credentialID = `signs by ${type}`
    await csc.credential(credentialID, { type })
    const { cert } = await csc.get<Details>('credentials/info', { credentialID })
    const { publicKey } = new X509Certificate(Buffer.from(cert.certificates?.[0] ?? '', 'base64'))
    for (const [algorithm, by, padding = {}] of ways) {
      const hash = [digestOf('one', algorithm), createHash(algorithm).update(DATA).digest('base64')]
      const { SAD, expiresIn } = await csc.get<Activation>('credentials/authorize', {
        credentialID,
        numSignatures: 2,
        hash,
      })
      t.assert.equal(expiresIn, 300)
      const { signatures } = await csc.get<Signed>('signatures/signHash', { credentialID, SAD, hash, ...by })
      const [one, data] = signatures.map((text) => Buffer.from(text, 'base64')) as [Buffer, Buffer]
      t.assert.equal(
        verify(algorithm, Buffer.from('one'), { key: publicKey, ...padding }, one),
        true,
        JSON.stringify(by),
      )
      t.assert.equal(verify(algorithm, DATA, { key: publicKey, ...padding }, data), true, JSON.stringify(by))
    }
  })

test('Ed25519 signs what is sent: it is no hash, and may be longer', async (t: TestContext) => {
  const credentialID = 'signs by ed25519'
  await csc.credential(credentialID, { type: 'ed25519' })
  const { key, cert } = await csc.get<Details>('credentials/info', { credentialID })
  t.assert.deepEqual(key, { status: 'enabled', algo: ['1.3.101.112'], len: 256 })
  const { publicKey } = new X509Certificate(Buffer.from(cert.certificates?.[0] ?? '', 'base64'))
  const hash = [DATA.toString('base64')]
  const body = { credentialID, hash, hashAlgo: SHA256 }
  const { SAD } = await csc.get<Activation>('credentials/authorize', { ...body, numSignatures: 1 })
  const { signatures } = await csc.get<Signed>('signatures/signHash', { ...body, SAD, signAlgo: '1.3.101.112' })
  t.assert.equal(verify(undefined, DATA, publicKey, Buffer.from(signatures[0] ?? '', 'base64')), true)
  for (const length of [65_536, 65_537]) {
    const text = Buffer.alloc(length, 7).toString('base64')
    const answer = await csc.ask('credentials/authorize', { credentialID, numSignatures: 1, hash: [text] })
    t.assert.equal(answer.status, length === 65_536 ? 200 : 400)
  }
})

test('a PIN authorises once, and what follows needs it no more, in version 2 as in version 1', async (t: TestContext) => {
  await csc.credential('with a PIN', { userId: csc.self.user.id })
  await csc.events()
  const credentialID = 'with a PIN'
  const { cert } = await csc.get<Details>('credentials/info', { credentialID })
  const { publicKey } = new X509Certificate(Buffer.from(cert.certificates?.[0] ?? '', 'base64'))
  const check = (text: string, signature: string | undefined) =>
    t.assert.equal(verify('sha256', Buffer.from(text), publicKey, Buffer.from(signature ?? '', 'base64')), true)

  const version = 'v2'
  const authData = [{ id: 'PIN', value: PIN }]
  const wanted = { credentialID, numSignatures: 4, hashes: [digestOf('a'), digestOf('b')], hashAlgorithmOID: SHA256 }
  const first = await csc.get<Activation>('credentials/authorize', { ...wanted, authData }, { version })
  const sign = async (SAD: string, hashes: string[]) =>
    (await csc.get<Signed>('signatures/signHash', { credentialID, SAD, hashes, signAlgo: ES256 }, { version }))
      .signatures
  const [b, a] = await sign(first.SAD, [digestOf('b'), digestOf('a')])
  check('a', a)
  check('b', b)
  const extend = (SAD: string, hashes: string[]) =>
    csc.get<Activation>(
      'credentials/extendTransaction',
      { credentialID, SAD, hashes, hashAlgorithmOID: SHA256 },
      { version },
    )
  const second = await extend(first.SAD, [digestOf('c'), digestOf('d')])
  // Exchanged before it was used: what was to be signed is another thing now.
  const third = await extend(second.SAD, [digestOf('e')])
  const [e] = await sign(third.SAD, [digestOf('e')])
  check('e', e)
  const fourth = await extend(third.SAD, [digestOf('f')])
  check('f', (await sign(fourth.SAD, [digestOf('f')]))[0])
  const more = { credentialID, SAD: fourth.SAD, hash: [digestOf('g')] }
  t.assert.equal(await csc.refusal('credentials/extendTransaction', more), '400 invalid_request: Invalid parameter SAD')
  t.assert.deepEqual(await csc.events(), [
    'credential.authorize success',
    'hash.sign success',
    'hash.sign success',
    ...['credential.extend_authorization success', 'credential.extend_authorization success', 'hash.sign success'],
    ...['credential.extend_authorization success', 'hash.sign success'],
    'credential.use failed all signatures of the SAD were made',
  ])
})

test('what is signed is recorded: by whom, with what, the hash, and from where', async (t: TestContext) => {
  const { store } = csc.platform.world
  const credential = await csc.credential('recorded')
  const credentialID = 'recorded'
  const hash = [digestOf('recorded')]
  const { SAD } = await csc.get<Activation>('credentials/authorize', { credentialID, numSignatures: 1, hash })
  await csc.get('signatures/signHash', { credentialID, SAD, hash, signAlgo: ES256 })
  const [record] = await store.signatures.list(csc.platform.account.account_id, 1)
  t.assert.deepEqual(
    [record?.credentialId, record?.certificateId, record?.userId, record?.address, record?.asset],
    [credential.id, credential.certificateId, csc.self.user.id, '127.0.0.1', undefined],
  )
  t.assert.deepEqual(Buffer.from(record?.signedHash ?? []).toString('base64'), hash[0])
  const events = await eventsOf(store.auditEvents, csc.platform.account.account_id, 500)
  const event = events.find(({ resourceId }) => resourceId === record?.id)
  t.assert.partialDeepStrictEqual(event, {
    actorId: csc.self.user.id,
    action: 'hash.sign',
    details: {
      nickname: 'recorded',
      algorithm: 'ES256',
      hashAlgorithm: 'sha256',
      hash: Buffer.from(hash[0] ?? '', 'base64').toString('hex'),
      address: '127.0.0.1',
    },
  })
  // What stands for the authorisation stands nowhere.
  t.assert.equal(csc.platform.log.join().includes(SAD), false)
  t.assert.equal(JSON.stringify(events).includes(SAD), false)
})

test('a time stamp is what OpenSSL accepts, over that hash and with that nonce', async (t: TestContext) => {
  const { folder } = csc.platform
  const data = join(folder, 'stamped')
  await writeFile(data, DATA)
  const hash = createHash('sha256').update(DATA).digest('base64')
  const stamp = async (body: object, version = 'v1') =>
    Buffer.from(
      (await csc.get<{ timestamp: string }>('signatures/timestamp', { hash, hashAlgo: SHA256, ...body }, { version }))
        .timestamp,
      'base64',
    )
  for (const [wrong, sentence] of [
    [{ hash: undefined }, 'Missing (or invalid type) string parameter hash'],
    [{ hash: [hash] }, 'Missing (or invalid type) string parameter hash'],
    [{ hash: '' }, 'Empty hash parameter'],
    [{ hash: 'no base64' }, 'Invalid Base64 hash string parameter'],
    [{ hash: digestOf('x', 'sha384') }, 'Invalid digest value length'],
    [{ hashAlgo: undefined }, 'Missing (or invalid type) string parameter hashAlgo'],
    [{ hashAlgo: '1.3.14.3.2.26', hash: digestOf('x', 'sha1') }, 'Invalid parameter hashAlgo'],
    [{ nonce: 'xyz' }, 'Invalid parameter nonce'],
    [{ nonce: '' }, 'Invalid parameter nonce'],
    [{ nonce: '1'.repeat(79) }, 'Invalid parameter nonce'],
  ] as const)
    t.assert.equal(
      await csc.refusal('signatures/timestamp', { hash, hashAlgo: SHA256, ...wrong }),
      `400 invalid_request: ${sentence}`,
    )
  if (skipWithoutOpenssl(t)) return
  const judged = async (token: Buffer): Promise<string> => {
    await writeFile(join(folder, 'token'), token)
    const verified = ['ts', '-verify', '-data', data, '-in', 'token', '-token_in', '-CAfile', 'ca.pem']
    t.assert.match(openssl(t, folder, verified), /Verification: OK/)
    return openssl(t, folder, ['ts', '-reply', '-token_in', '-in', 'token', '-token_out', '-text'])
  }
  t.assert.match(await judged(await stamp({})), /Nonce: unspecified/)
  t.assert.match(await judged(await stamp({ nonce: '654654131635468464' })), /Nonce: 0x0*915CC76D6DFB8B0/i)
  t.assert.match(await judged(await stamp({ nonce: 'aB12' })), /Nonce: 0xAB12/i)
  t.assert.match(await judged(await stamp({ nonce: '1234' }, 'v2')), /Nonce: 0x1234/i)
})
