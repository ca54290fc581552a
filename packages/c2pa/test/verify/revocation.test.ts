import { type TestContext, test } from 'node:test'
import { Certificate, type CertificateStatus } from '@countersign/pki'
import { sign } from '../../src/sign/sign.ts'
import { verify } from '../../src/verify/verify.ts'
import { credential, issue, root } from '../credential.ts'
import { noise } from '../pictures.ts'
import { ocspResponse, stampAt, timeStampAnchor } from './evidence.ts'

const jpeg = new Uint8Array(await noise(32, 32).jpeg().toBuffer())
const signer = await credential()
const { serialNumber } = Certificate.decode(signer.certificates[0] as Uint8Array)
const now = new Date()
const MINUTE = 60_000

async function statusesOf(ocspResponses: Uint8Array[], stampedAt?: Date): Promise<{ state: string; codes: string[] }> {
  const { asset } = await sign(jpeg, {
    ...signer,
    claimGenerator: { name: 'Example', version: '1' },
    ocspResponses,
    ...(stampedAt ? { timeStamp: stampAt(stampedAt) } : {}),
  })
  const trust = [root.certificate.bytes]
  const report = await verify(asset, { trust, tsaTrust: [timeStampAnchor], now })
  return {
    state: report.state,
    codes: report.findings.flatMap(({ code }) => (code.includes('.ocsp.') ? [code] : [])),
  }
}

const revoked: CertificateStatus = { status: 'revoked', at: new Date(now.getTime() - 10 * MINUTE) }
const CASES: readonly (readonly [string, CertificateStatus, boolean, string, string])[] = [
  ['good, with a time stamp', { status: 'good' }, true, 'notRevoked', 'Trusted'],
  ['good, without a time that is attested', { status: 'good' }, false, 'skipped', 'Trusted'],
  ['revoked', revoked, true, 'revoked', 'Invalid'],
  ['revoked, without a time that is attested', revoked, false, 'revoked', 'Invalid'],
  ['taken back', { ...revoked, reason: 'removeFromCRL' }, true, 'notRevoked', 'Trusted'],
  ['unknown', { status: 'unknown' }, true, 'unknown', 'Invalid'],
]

for (const [name, status, isStamped, code, state] of CASES)
  test(`stapled OCSP response: ${name}`, async (t: TestContext) => {
    const response = await ocspResponse(serialNumber, status, now)
    const outcome = await statusesOf([response], isStamped ? now : undefined)
    t.assert.deepEqual(outcome, { state, codes: [`signingCredential.ocsp.${code}`] })
  })

test('a response about another certificate, by another responder, of another time or of no sense says nothing', async (t: TestContext) => {
  const stranger = await issue('A Stranger')
  const good: CertificateStatus = { status: 'good' }
  const before = new Date(now.getTime() - 1000 * MINUTE)
  for (const response of [
    await ocspResponse(serialNumber + 1n, good, now),
    await ocspResponse(serialNumber, good, now, stranger),
    await ocspResponse(serialNumber, good, before),
    Uint8Array.of(0x30, 0x03, 0x0a, 0x01, 0x00),
    new Uint8Array(),
  ])
    t.assert.deepEqual((await statusesOf([response], now)).codes, ['signingCredential.ocsp.skipped'])
})

test('a response from after the time stamp tells of the time of signing too', async (t: TestContext) => {
  const stampedAt = new Date(now.getTime() - 1000 * MINUTE)
  const later = await ocspResponse(serialNumber, { status: 'good' }, new Date(now.getTime() - 500 * MINUTE))
  t.assert.deepEqual((await statusesOf([later], stampedAt)).codes, ['signingCredential.ocsp.notRevoked'])
})

test('one response that says revoked weighs more than others that say good', async (t: TestContext) => {
  const responses = [
    await ocspResponse(serialNumber, { status: 'good' }, now),
    await ocspResponse(serialNumber, revoked, now),
  ]
  t.assert.deepEqual(await statusesOf(responses, now), { state: 'Invalid', codes: ['signingCredential.ocsp.revoked'] })
})
