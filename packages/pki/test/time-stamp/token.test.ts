import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { der } from '@countersign/codec'
import {
  decodeTimeStampToken,
  extensions,
  oids,
  type SignatureAlgorithm,
  signTimeStampToken,
  TimeStampReq,
  TimeStampResp,
  type TimeStampTemplate,
  type TimeStampVerificationOptions,
  TSTInfo,
  timeStampRejection,
  timeStampRequest,
  timeStampRequestFailure,
  timeStampResponse,
  timeStampTokenOf,
  verifyTimeStampToken,
} from '../../src/index.ts'
import { type Identity, issueAuthority, issueLeaf, NOT_BEFORE, pem } from '../hierarchy.ts'
import { refusesMalformed } from '../malformed.ts'
import { file, newPath, openssl, withoutOpenSsl } from '../openssl.ts'

const POLICY = '1.3.6.1.4.1.99999.1.1'
const GEN_TIME = new Date('2026-11-22T10:00:00.250Z')
const DATA = new TextEncoder().encode('what is stamped')
const HASH = new Uint8Array(createHash('sha256').update(DATA).digest())
const NONCE = 0x1234_5678_9abc_def0_1234n

const root = await issueAuthority('Root')
const issuing = await issueAuthority('Time-stamping authorities', root)
const critical = { criticalPurposes: true }
const authority = await issueLeaf('Time stamps', issuing, [oids.timeStamping], critical)

const request = TimeStampReq.decode(timeStampRequest({ hash: HASH, algorithm: 'sha256', nonce: NONCE }))

function stamp(by: Identity = authority, changes: Partial<TimeStampTemplate> = {}): Promise<Uint8Array> {
  return signTimeStampToken(
    {
      request,
      policy: POLICY,
      serialNumber: 4711n,
      genTime: GEN_TIME,
      accuracy: { seconds: 1 },
      certificate: by.certificate,
      chain: [issuing.certificate],
      ...changes,
    },
    by.signer,
  )
}

const options: TimeStampVerificationOptions = { of: { data: DATA }, anchors: [root.certificate] }

async function status(token: Uint8Array, changes: Partial<TimeStampVerificationOptions> = {}): Promise<string> {
  return (await verifyTimeStampToken(token, { ...options, ...changes })).status
}

test('a token says what was asked, and is trusted by the root alone', async (t: TestContext) => {
  const token = timeStampTokenOf(timeStampResponse(await stamp()), request)
  const result = await verifyTimeStampToken(token, options)
  t.assert.ok(
    result.trusted,
    JSON.stringify(result, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
  )
  t.assert.deepEqual(result.genTime, GEN_TIME)
  t.assert.deepEqual(result.info.accuracy, { seconds: 1 })
  t.assert.equal(result.info.nonce, NONCE)
  t.assert.equal(result.info.policy, POLICY)
  t.assert.equal(result.info.serialNumber, 4711n)
  t.assert.equal(result.info.ordering, false)
  t.assert.equal(result.info.tsa, undefined)
  t.assert.deepEqual(result.chain, [authority.certificate, issuing.certificate, root.certificate])
  t.assert.equal(await status(token, { of: { algorithm: 'sha256', hash: HASH } }), 'trusted')
})

test('without certReq no certificate goes along, and the verifier has to bring them', async (t: TestContext) => {
  const withoutCertificates = timeStampRequest({ hash: HASH, algorithm: 'sha256', certReq: false })
  const token = await stamp(authority, { request: TimeStampReq.decode(withoutCertificates) })
  t.assert.equal(decodeTimeStampToken(token).signedData.certificates, undefined)
  t.assert.equal(await status(token), 'unverifiable')
  const intermediates = [authority.certificate, issuing.certificate]
  t.assert.equal(await status(token, { intermediates }), 'trusted')
})

test('each algorithm of signatures and hashes serves', async (t: TestContext) => {
  for (const algorithm of ['ES384', 'ES512', 'PS256', 'RS256', 'EdDSA'] satisfies SignatureAlgorithm[]) {
    const other = await issueLeaf('Time stamps', issuing, [oids.timeStamping], { ...critical, algorithm })
    t.assert.equal(await status(await stamp(other, { includeName: true })), 'trusted', algorithm)
  }
  for (const algorithm of ['sha384', 'sha512'] as const) {
    const hash = new Uint8Array(createHash(algorithm).update(DATA).digest())
    const asked = TimeStampReq.decode(timeStampRequest({ hash, algorithm }))
    const token = await stamp(authority, { request: asked })
    t.assert.equal(await status(token), 'trusted')
    t.assert.equal(await status(token, { of: { algorithm: 'sha256', hash: HASH } }), 'mismatch')
  }
})

test('a token of something else is a mismatch', async (t: TestContext) => {
  const token = await stamp()
  t.assert.equal(await status(token, { of: { data: HASH } }), 'mismatch')
  t.assert.equal(await status(token, { of: { algorithm: 'sha384', hash: HASH } }), 'mismatch')
})

test('a changed bit in what is signed, or in the signature, is found', async (t: TestContext) => {
  const token = await stamp()
  const { signedData, content } = decodeTimeStampToken(token)
  const [signer] = signedData.signerInfos
  const position = (view: Uint8Array | undefined) => (view?.byteOffset ?? 0) - token.byteOffset
  const attributes = signer?.signedAttributes?.bytes
  for (const index of [
    position(content) + content.length - 1,
    position(attributes) + (attributes?.length ?? 0) - 1,
    position(signer?.signature) + 10,
  ]) {
    const flipped = token.slice()
    flipped[index] = (flipped[index] as number) ^ 1
    t.assert.equal(await status(flipped), 'invalidSignature', `byte ${index}`)
  }
})

test('whoever is no time-stamping authority of an anchor is untrusted', async (t: TestContext) => {
  const token = await stamp()
  t.assert.equal(await status(token, { anchors: [] }), 'untrusted')
  t.assert.equal(await status(token, { anchors: [(await issueAuthority('Root')).certificate] }), 'untrusted')
  const notCritical = await issueLeaf('Time stamps', issuing, [oids.timeStamping])
  t.assert.equal(await status(await stamp(notCritical)), 'untrusted')
  const notAlone = await issueLeaf('Time stamps', issuing, [oids.timeStamping, oids.c2paClaimSigning], critical)
  t.assert.equal(await status(await stamp(notAlone)), 'untrusted')
  const otherPurpose = await issueLeaf('Mail', issuing, [oids.emailProtection], critical)
  t.assert.equal(await status(await stamp(otherPurpose)), 'untrusted')
  const otherUsage = await issueLeaf('Keys', issuing, [oids.timeStamping], {
    extensions: [
      extensions.keyUsage(['keyAgreement']),
      extensions.extendedKeyUsage([oids.timeStamping], { critical: true }),
    ],
  })
  t.assert.equal(await status(await stamp(otherUsage)), 'untrusted')
  const issuer = await issueLeaf('Issuer', issuing, [oids.timeStamping], {
    extensions: [
      extensions.basicConstraints({ cA: true }),
      extensions.keyUsage(['digitalSignature', 'keyCertSign']),
      extensions.extendedKeyUsage([oids.timeStamping], { critical: true }),
    ],
  })
  t.assert.equal(await status(await stamp(issuer)), 'untrusted')
})

test('a time when the certificate was not valid is outside, and the present does not matter', async (t: TestContext) => {
  t.assert.equal(await status(await stamp(authority, { genTime: new Date('2025-12-31T23:59:59Z') })), 'outsideValidity')
  t.assert.equal(await status(await stamp(authority, { genTime: new Date('2036-01-01T00:00:01Z') })), 'outsideValidity')
  t.assert.equal(await status(await stamp(authority, { genTime: NOT_BEFORE })), 'trusted')
})

test('a token signed for another certificate of the same key does not hold', async (t: TestContext) => {
  const stranger = { ...authority.certificate, bytes: issuing.certificate.bytes }
  const forged = await stamp({ ...authority, certificate: stranger }, { includeCertificates: false })
  const result = await verifyTimeStampToken(forged, { ...options, intermediates: [authority.certificate] })
  t.assert.equal(result.status, 'invalidSignature')
  t.assert.match(result.trusted ? '' : result.reason, /another certificate/)
})

test('a signer signs with its own certificate only', async (t: TestContext) => {
  await t.assert.rejects(stamp({ ...authority, signer: issuing.signer }), { code: 'invalid_argument' })
})

test('requests that are not to be granted are named as RFC 3161 names them', (t: TestContext) => {
  const failure = (changes: Partial<TimeStampReq>) => timeStampRequestFailure({ ...request, ...changes }, POLICY)
  const imprint = (algorithm: string, length: number) => ({
    messageImprint: { hashAlgorithm: { algorithm }, hashedMessage: new Uint8Array(length) },
  })
  t.assert.equal(failure({}), undefined)
  t.assert.equal(failure({ reqPolicy: POLICY }), undefined)
  t.assert.equal(failure({ version: 2 }), 'badRequest')
  t.assert.equal(failure(imprint(oids.sha1, 20)), 'badAlg')
  t.assert.equal(failure(imprint('1.2.840.113549.2.5', 16)), 'badAlg')
  t.assert.equal(failure(imprint(oids.sha384, 32)), 'badDataFormat')
  t.assert.equal(failure({ reqPolicy: '1.2.3' }), 'unacceptedPolicy')
  t.assert.equal(failure({ extensions: [{ id: '1.2.3', critical: false, value: HASH }] }), 'unacceptedExtension')
})

test('an answer that is none to the request is refused', async (t: TestContext) => {
  const response = timeStampResponse(await stamp())
  const refused = { name: 'PkiError' }
  const other = (changes: Parameters<typeof timeStampRequest>[0]) => TimeStampReq.decode(timeStampRequest(changes))
  const asked = { hash: HASH, algorithm: 'sha256', nonce: NONCE } as const
  t.assert.doesNotThrow(() => timeStampTokenOf(response, other({ ...asked, policy: POLICY })))
  t.assert.throws(() => timeStampTokenOf(response, other({ ...asked, nonce: 1n })), refused)
  t.assert.throws(() => timeStampTokenOf(response, other({ ...asked, policy: '1.2.3' })), refused)
  t.assert.throws(() => timeStampTokenOf(response, other({ ...asked, hash: new Uint8Array(32) })), refused)
  t.assert.throws(() => timeStampTokenOf(timeStampRejection('badAlg'), request), /badAlg/)
  t.assert.throws(() => timeStampTokenOf(timeStampResponse(Uint8Array.of(0x30, 0)), request), refused)
  t.assert.throws(() => timeStampRequest({ hash: HASH, algorithm: 'sha512' }), { code: 'invalid_argument' })
})

test('we read what OpenSSL asks, and OpenSSL trusts what we answer with the root alone', {
  skip: withoutOpenSsl,
}, async (t: TestContext) => {
  const dataFile = file(DATA)
  const rootFile = file(pem(root))
  for (const [algorithm, hash, ...rest] of [
    ['ES256', '-sha256', '-cert'],
    ['ES256', '-sha512', '-cert', '-no_nonce'],
    ['ES384', '-sha384', '-cert', '-tspolicy', POLICY],
    ['RS256', '-sha256', '-cert'],
    ['ES256', '-sha256'],
  ] as const) {
    const query = newPath()
    t.assert.ok(openssl('ts', '-query', '-data', dataFile, hash, ...rest, '-out', query).ok)
    const asked = TimeStampReq.decode(new Uint8Array(readFileSync(query)))
    t.assert.equal(timeStampRequestFailure(asked, POLICY), undefined)
    t.assert.equal(asked.certReq, rest.includes('-cert' as never))
    const by = await issueLeaf('Time stamps', issuing, [oids.timeStamping], { ...critical, algorithm })
    const reply = file(timeStampResponse(await stamp(by, { request: asked, includeName: algorithm === 'RS256' })))
    const given = ['-in', reply, '-CAfile', rootFile, '-attime', '1795341600']
    const others = asked.certReq ? [] : ['-untrusted', file(pem(by) + pem(issuing))]
    for (const source of [
      ['-queryfile', query],
      ['-data', dataFile],
    ]) {
      const { ok, text } = openssl('ts', '-verify', ...given, ...source, ...others)
      t.assert.ok(ok && text.includes('Verification: OK'), `${algorithm} ${hash}: ${text}`)
    }
    t.assert.match(
      openssl('ts', '-reply', '-in', reply, '-text').text,
      /Status: Granted.*Nov 22 10:00:00\.25 2026 GMT.*Accuracy: 0x01 seconds/s,
    )
  }
})

test('OpenSSL reads our requests and our refusals', { skip: withoutOpenSsl }, (t: TestContext) => {
  const query = file(timeStampRequest({ hash: HASH, algorithm: 'sha256', nonce: NONCE, policy: POLICY }))
  const { text } = openssl('ts', '-query', '-in', query, '-text')
  t.assert.match(
    text,
    /Hash Algorithm: sha256.*Policy OID: 1\.3\.6\.1\.4\.1\.99999\.1\.1.*Nonce: 0x123456789ABCDEF01234.*Certificate required: yes/s,
  )
  for (const [failure, sentence] of [
    ['badAlg', 'unrecognized or unsupported algorithm identifier'],
    ['badRequest', 'transaction not permitted or supported'],
    ['badDataFormat', 'the data submitted has the wrong format'],
    ['timeNotAvailable', "the TSA's time source is not available"],
    ['unacceptedPolicy', 'the requested TSA policy is not supported by the TSA'],
    ['unacceptedExtension', 'the requested extension is not supported by the TSA'],
    ['systemFailure', 'the request cannot be handled due to system failure'],
  ] as const) {
    const reply = openssl('ts', '-reply', '-in', file(timeStampRejection(failure, 'It cannot be.')), '-text')
    t.assert.match(reply.text, /Status: Rejected/)
    t.assert.ok(reply.text.includes(sentence), `${failure}: ${reply.text}`)
    t.assert.match(reply.text, /It cannot be\./)
  }
})

test("OpenSSL's own tokens are trusted as ours are", { skip: withoutOpenSsl }, async (t: TestContext) => {
  const config = file(`[tsa]
default_tsa = local
[local]
serial = ${file('01\n')}
default_policy = ${POLICY}
digests = sha256, sha384
signer_digest = sha256
accuracy = secs:1, millisecs:500, microsecs:100
ordering = yes
tsa_name = yes
ess_cert_id_chain = yes
ess_cert_id_alg = sha384
`)
  const key = file(
    `-----BEGIN PRIVATE KEY-----\n${Buffer.from(authority.privateKey).toString('base64')}\n-----END PRIVATE KEY-----\n`,
  )
  const reply = newPath()
  const query = file(timeStampRequest({ hash: HASH, algorithm: 'sha256', nonce: NONCE }))
  const signing = ['-inkey', key, '-signer', file(pem(authority)), '-chain', file(pem(issuing))]
  const made = openssl('ts', '-reply', '-config', config, '-queryfile', query, ...signing, '-out', reply)
  t.assert.ok(made.ok, made.text)
  const token = timeStampTokenOf(new Uint8Array(readFileSync(reply)), request)
  const { info } = decodeTimeStampToken(token)
  t.assert.deepEqual(info.accuracy, { seconds: 1, millis: 500, micros: 100 })
  t.assert.equal(info.ordering, true)
  t.assert.equal(await status(token), 'trusted')
})

test('malformed requests, responses and tokens are refused', async (t: TestContext) => {
  const asked = timeStampRequest({ hash: HASH, algorithm: 'sha256', nonce: NONCE, policy: POLICY })
  refusesMalformed(t, asked, (bytes) => TimeStampReq.decode(bytes))
  refusesMalformed(t, timeStampRejection('badAlg', 'No.'), (bytes) => TimeStampResp.decode(bytes))
  const token = await stamp()
  refusesMalformed(t, token, (bytes) => decodeTimeStampToken(bytes))
  refusesMalformed(t, decodeTimeStampToken(token).content, (bytes) => TSTInfo.decode(bytes))
  t.assert.throws(() => TimeStampReq.decode(der.writeElement(0x30, [new Uint8Array(17_000)])), { code: 'malformed' })
})

test('whatever the bytes, verifying ends with a result', async (t: TestContext) => {
  const token = await stamp()
  for (let length = 0; length < token.length; length += 3)
    t.assert.equal(await status(token.subarray(0, length)), 'malformed')
  for (let index = 0; index < token.length; index++) {
    const flipped = token.slice()
    flipped[index] = (flipped[index] as number) ^ (1 << (index % 8))
    const result = await verifyTimeStampToken(flipped, options)
    // What no signature covers may change: certificates that are not needed, sets of hashes, versions.
    if (result.trusted) t.assert.deepEqual(result.genTime, GEN_TIME)
  }
})
