import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import {
  BasicOcspResponse,
  type Certificate,
  type CertificateStatus,
  certIdOf,
  extensions,
  isOfIssuer,
  OcspRequest,
  OcspResponse,
  type OcspVerificationOptions,
  ocspErrorResponse,
  ocspNonceOf,
  ocspRequest,
  oids,
  signOcspResponse,
  verifyOcspResponse,
} from '../../src/index.ts'
import { type Identity, issueAuthority, issueLeaf, pem } from '../hierarchy.ts'
import { refusesMalformed } from '../malformed.ts'
import { file, newPath, openssl, withoutOpenSsl } from '../openssl.ts'

const AT = new Date('2026-11-22T10:00:00Z')
const HOUR = 3_600_000
const NONCE = Uint8Array.from({ length: 32 }, (_, index) => index)

const root = await issueAuthority('Root')
const issuing = await issueAuthority('Issuing', root)
const responder = await issueLeaf('Responder', issuing, [oids.ocspSigning])
const { certificate } = await issueLeaf('Somebody', issuing, [oids.clientAuth])

type Changes = {
  readonly status?: CertificateStatus
  readonly by?: Identity
  readonly about?: Certificate
  readonly issuer?: Certificate
  readonly nonce?: Uint8Array
  readonly thisUpdate?: Date
  readonly hash?: 'sha1' | 'sha256'
}

function respond(changes: Changes = {}): Promise<Uint8Array> {
  const { status = { status: 'good' }, by = responder, about = certificate, thisUpdate = AT, nonce } = changes
  return signOcspResponse(
    {
      certificate: by.certificate,
      chain: [issuing.certificate],
      producedAt: thisUpdate,
      responses: [
        {
          certID: certIdOf(changes.issuer ?? issuing.certificate, about.serialNumber, changes.hash),
          ...status,
          thisUpdate,
          nextUpdate: new Date(thisUpdate.getTime() + 24 * HOUR),
        },
      ],
      ...(nonce ? { nonce } : {}),
    },
    by.signer,
  )
}

async function verdict(response: Uint8Array, options: Partial<OcspVerificationOptions> = {}): Promise<string> {
  const result = await verifyOcspResponse(response, { certificate, issuer: issuing.certificate, at: AT, ...options })
  return result.valid ? result.status : result.code
}

test('good, revoked and unknown come back as they were said, by either hash', async (t: TestContext) => {
  t.assert.equal(await verdict(await respond()), 'good')
  t.assert.equal(await verdict(await respond({ hash: 'sha256' })), 'good')
  t.assert.equal(await verdict(await respond({ status: { status: 'unknown' } })), 'unknown')
  const at = new Date('2026-11-01T00:00:00Z')
  const response = await respond({ status: { status: 'revoked', at, reason: 'keyCompromise' }, nonce: NONCE })
  const options = { certificate, issuer: issuing.certificate, at: AT, nonce: NONCE }
  const result = await verifyOcspResponse(response, options)
  t.assert.ok(result.valid && result.status === 'revoked')
  t.assert.deepEqual(result.at, at)
  t.assert.equal(result.reason, 'keyCompromise')
  t.assert.deepEqual(result.responder.bytes, responder.certificate.bytes)
})

test('the issuer itself may answer', async (t) => {
  t.assert.equal(await verdict(await respond({ by: issuing })), 'good')
})

test('an answer about another certificate, or with another nonce, is none to this question', async (t) => {
  t.assert.equal(await verdict(await respond({ about: responder.certificate })), 'mismatch')
  t.assert.equal(await verdict(await respond({ issuer: root.certificate })), 'mismatch')
  t.assert.equal(await verdict(await respond(), { nonce: NONCE }), 'mismatch')
  t.assert.equal(await verdict(await respond({ nonce: NONCE.subarray(1) }), { nonce: NONCE }), 'mismatch')
})

test('who is not the issuer and was not let answer by it is not believed', async (t) => {
  const byRoot = await issueLeaf('Responder of the root', root, [oids.ocspSigning])
  t.assert.equal(await verdict(await respond({ by: byRoot })), 'untrusted')
  const otherPurpose = await issueLeaf('Client', issuing, [oids.clientAuth, oids.anyExtendedKeyUsage])
  t.assert.equal(await verdict(await respond({ by: otherPurpose })), 'untrusted')
  const namesake = await issueLeaf('Responder', await issueAuthority('Issuing', root), [oids.ocspSigning])
  t.assert.equal(await verdict(await respond({ by: namesake })), 'untrusted')
  t.assert.equal(await verdict(await respond({ by: root })), 'untrusted')
  const ended = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2026-11-01T00:00:00Z') }
  const expired = await issueLeaf('Expired', issuing, [oids.ocspSigning], ended)
  t.assert.equal(await verdict(await respond({ by: expired })), 'untrusted')
  const critical = await issueLeaf('Odd', issuing, [], {
    extensions: [extensions.extendedKeyUsage([oids.ocspSigning]), { id: '1.2.3.4', critical: true, value: NONCE }],
  })
  t.assert.equal(await verdict(await respond({ by: critical })), 'untrusted')
})

test('a changed bit breaks it', async (t: TestContext) => {
  const response = await respond()
  const { responseBytes } = OcspResponse.decode(response)
  const basic = BasicOcspResponse.decode(responseBytes?.response as Uint8Array)
  const position = (view: Uint8Array) => view.byteOffset - response.byteOffset
  for (const index of [position(basic.tbsResponseData.bytes) + 60, position(basic.signature) + 10]) {
    const flipped = response.slice()
    flipped[index] = (flipped[index] as number) ^ 1
    t.assert.ok(['untrusted', 'mismatch', 'malformed'].includes(await verdict(flipped)), `byte ${index}`)
  }
})

test('an answer of another time does not hold, give or take the skew of clocks', async (t) => {
  const response = await respond()
  const later = (milliseconds: number) => ({ at: new Date(AT.getTime() + milliseconds) })
  t.assert.equal(await verdict(response, later(-4 * 60_000)), 'good')
  t.assert.equal(await verdict(response, later(-6 * 60_000)), 'outsideValidity')
  t.assert.equal(await verdict(response, later(24 * HOUR + 4 * 60_000)), 'good')
  t.assert.equal(await verdict(response, later(24 * HOUR + 6 * 60_000)), 'outsideValidity')
})

test('an error is no answer', async (t) => {
  for (const [status, code] of [
    ['malformedRequest', 1],
    ['internalError', 2],
    ['tryLater', 3],
    ['unauthorized', 6],
  ] as const) {
    const response = ocspErrorResponse(status)
    t.assert.deepEqual(response, Uint8Array.of(0x30, 3, 0x0a, 1, code))
    t.assert.equal(await verdict(response), 'unsuccessful')
  }
})

test('OpenSSL believes our answers with the root alone', { skip: withoutOpenSsl }, async (t) => {
  const rootFile = file(pem(root))
  const time = String(AT.getTime() / 1000)
  const asked = ['-issuer', file(pem(issuing)), '-cert', file(pem({ ...issuing, certificate }))]
  const at = new Date('2026-11-01T00:00:00Z')
  for (const [status, text] of [
    [{ status: 'good' }, /: good/],
    [{ status: 'revoked', at, reason: 'superseded' }, /: revoked.*Reason: superseded/s],
    [{ status: 'unknown' }, /: unknown/],
  ] as const) {
    const responseFile = file(await respond({ status }))
    const args = [
      'ocsp',
      '-respin',
      responseFile,
      '-CAfile',
      rootFile,
      '-attime',
      time,
      '-validity_period',
      '999999999',
    ]
    const alone = openssl(...args)
    t.assert.match(alone.text, /Response verify OK/)
    t.assert.match(openssl(...args, ...asked, '-no_nonce').text, text)
  }
  const other = await issueAuthority('Root')
  const responseFile = file(await respond())
  t.assert.match(openssl('ocsp', '-respin', responseFile, '-CAfile', file(pem(other))).text, /Verify Failure/i)
})

test('we read what OpenSSL asks, and OpenSSL reads what we ask', { skip: withoutOpenSsl }, (t: TestContext) => {
  for (const hash of ['sha1', 'sha256'] as const) {
    const requestFile = newPath()
    const certificateFile = file(pem({ ...issuing, certificate }))
    const asked = [`-${hash}`, '-issuer', file(pem(issuing)), '-cert', certificateFile, '-serial', '77']
    t.assert.ok(openssl('ocsp', ...asked, '-reqout', requestFile).ok)
    const { tbsRequest } = OcspRequest.decode(new Uint8Array(readFileSync(requestFile)))
    t.assert.ok(ocspNonceOf(tbsRequest.extensions))
    const certIDs = tbsRequest.requests.map(({ certID }) => certID)
    t.assert.deepEqual(certIDs[0], certIdOf(issuing.certificate, certificate.serialNumber, hash))
    t.assert.equal(certIDs[1]?.serialNumber, 77n)
    t.assert.ok(certIDs.every((certID) => isOfIssuer(certID, issuing.certificate)))
    t.assert.ok(certIDs.every((certID) => !isOfIssuer(certID, root.certificate)))
  }
  const ours = ocspRequest({ certIDs: [certIdOf(issuing.certificate, 0xabcdefn)], nonce: NONCE })
  const { text } = openssl('ocsp', '-reqin', file(ours), '-req_text')
  t.assert.match(text, /Serial Number: ABCDEF/)
  t.assert.match(text, /OCSP Nonce:\s+0420000102/)
})

test('a request has 1 to 100 questions, and a nonce of 1 to 128 bytes', (t) => {
  const certID = certIdOf(issuing.certificate, 5n)
  const asking = (count: number) => ocspRequest({ certIDs: Array.from({ length: count }, () => certID) })
  t.assert.equal(OcspRequest.decode(asking(100)).tbsRequest.requests.length, 100)
  t.assert.throws(() => OcspRequest.decode(asking(101)), { code: 'malformed' })
  t.assert.throws(() => OcspRequest.decode(asking(0)), { code: 'malformed' })
  const nonceOf = (value: Uint8Array) => ocspNonceOf([{ id: oids.ocspNonce, critical: false, value }])
  t.assert.deepEqual(nonceOf(Uint8Array.of(4, 1, 9)), Uint8Array.of(9))
  t.assert.throws(() => nonceOf(Uint8Array.of(4, 0)), { code: 'malformed' })
  t.assert.throws(() => nonceOf(Uint8Array.of(4, 0x81, 129, ...new Uint8Array(129))), { code: 'malformed' })
})

test('malformed requests and responses are refused', async (t) => {
  const request = ocspRequest({ certIDs: [certIdOf(issuing.certificate, 5n, 'sha256')], nonce: NONCE })
  refusesMalformed(t, request, (bytes) => OcspRequest.decode(bytes))
  const response = await respond({ status: { status: 'revoked', at: AT, reason: 'superseded' }, nonce: NONCE })
  const readAll = (bytes: Uint8Array) =>
    BasicOcspResponse.decode(OcspResponse.decode(bytes).responseBytes?.response ?? bytes)
  refusesMalformed(t, response, readAll)
  for (let length = 0; length < response.length; length += 7)
    t.assert.equal(await verdict(response.subarray(0, length)), 'malformed')
})
