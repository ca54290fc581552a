import { type TestContext, test } from 'node:test'
import { PkiError } from '@countersign/pki'
import { C2paError } from '../../src/c2pa-error.ts'
import { sign } from '../../src/sign/sign.ts'
import { decodeCertificate, decodeCertificates } from '../../src/verify/trust.ts'
import { verify } from '../../src/verify/verify.ts'
import { CLAIM_SIGNING, credential, issue, root, TIME_STAMPING } from '../credential.ts'
import { noise } from '../pictures.ts'
import { stampAt, timeStampAnchor } from './evidence.ts'
import { forge, manifestLabel, signer } from './forge.ts'

const png = new Uint8Array(await noise(32, 32).png().toBuffer())
const claimGenerator = { name: 'Example', version: '1' }
const now = new Date()
const YEAR = 366 * 86_400_000
const later = new Date(now.getTime() + YEAR)
const { asset } = await sign(png, { ...(await credential()), claimGenerator })
const { asset: stamped } = await sign(png, { ...(await credential()), claimGenerator, timeStamp: stampAt(now) })
const rootBytes = root.certificate.bytes

test('Trusted with the anchor, Valid without', async (t: TestContext) => {
  t.assert.equal((await verify(asset, { trust: [rootBytes], tsaTrust: [], now })).state, 'Trusted')
  t.assert.equal((await verify(asset, { trust: [], tsaTrust: [], now })).state, 'Valid')
})

test('what was found once does not outlive the certificates, nor an anchor that is taken away', async (t: TestContext) => {
  const trust = [rootBytes]
  t.assert.equal((await verify(asset, { trust, tsaTrust: [], now })).state, 'Trusted')
  const expired = await verify(asset, { trust, tsaTrust: [], now: later })
  t.assert.equal(expired.state, 'Invalid')
  t.assert.ok(expired.findings.some(({ code }) => code === 'claimSignature.outsideValidity'))
  trust.pop()
  t.assert.equal((await verify(asset, { trust, tsaTrust: [], now })).state, 'Valid')
})

test('signers and time-stamp authorities have anchors of their own', async (t: TestContext) => {
  const both = { trust: [rootBytes], tsaTrust: [timeStampAnchor] }
  t.assert.equal((await verify(stamped, { ...both, now: later })).state, 'Trusted')
  t.assert.equal(
    (await verify(stamped, { trust: [rootBytes, timeStampAnchor], tsaTrust: [], now: later })).state,
    'Invalid',
  )
  t.assert.equal((await verify(stamped, { trust: [timeStampAnchor], tsaTrust: [timeStampAnchor], now })).state, 'Valid')
  const { findings, manifests } = await verify(stamped, { trust: [rootBytes], tsaTrust: [rootBytes], now })
  t.assert.ok(findings.some(({ code }) => code === 'timeStamp.untrusted'))
  t.assert.equal(manifests[0]?.signature?.time?.getTime(), now.getTime())
})

test('a time stamp of a moment that is still to come is of no use', async (t: TestContext) => {
  const { asset: early } = await sign(png, { ...(await credential()), claimGenerator, timeStamp: stampAt(later) })
  const options = { trust: [rootBytes], tsaTrust: [timeStampAnchor] }
  const { state, findings, manifests } = await verify(early, { ...options, now })
  t.assert.equal(state, 'Trusted')
  t.assert.ok(findings.some(({ code }) => code === 'timeStamp.outsideValidity'))
  t.assert.equal(manifests[0]?.signature?.time, undefined)
  const before = new Date(now.getTime() - YEAR)
  const { asset: stampedNow } = await sign(png, { ...(await credential()), claimGenerator, timeStamp: stampAt(now) })
  t.assert.equal((await verify(stampedNow, { ...options, now: before })).state, 'Invalid')
})

test('a self-signed signer is trusted by the allow-list alone', async (t: TestContext) => {
  const { certificate, signer } = await issue('Self Signed', { purposes: [CLAIM_SIGNING] })
  const own = await sign(png, { signer, certificates: [certificate.bytes], claimGenerator })
  const options = { trust: [certificate.bytes], tsaTrust: [], now }
  t.assert.equal((await verify(own.asset, options)).state, 'Valid')
  t.assert.equal((await verify(own.asset, { ...options, trust: [], allowed: [certificate.bytes] })).state, 'Trusted')
  t.assert.equal((await verify(asset, { ...options, trust: [], allowed: [certificate.bytes] })).state, 'Valid')
})

test('a time stamp by nobody in particular gives an expired signer of the allow-list no life', async (t: TestContext) => {
  const forged = await forge([
    {
      label: manifestLabel(1),
      isVersion1: true,
      assertions: [['c2pa.hash.data', ({ dataHash }) => dataHash]],
      timeStamp: stampAt(now),
    },
  ])
  const options = { trust: [], allowed: signer.certificates.slice(0, 1) }
  t.assert.equal((await verify(forged, { ...options, tsaTrust: [], now })).state, 'Trusted')
  t.assert.equal((await verify(forged, { ...options, tsaTrust: [timeStampAnchor], now: later })).state, 'Trusted')
  t.assert.equal((await verify(forged, { ...options, tsaTrust: [], now: later })).state, 'Invalid')
})

test('only the purposes that the anchors are for count', async (t: TestContext) => {
  const options = { trust: [rootBytes], tsaTrust: [], now }
  t.assert.equal((await verify(asset, { ...options, purposes: [CLAIM_SIGNING] })).state, 'Trusted')
  const { state, findings } = await verify(asset, { ...options, purposes: [TIME_STAMPING] })
  t.assert.equal(state, 'Invalid')
  t.assert.ok(findings.some(({ code }) => code === 'signingCredential.invalid'))
})

test('certificates are remembered, but not those that would fill the memory', async (t: TestContext) => {
  t.assert.equal(decodeCertificate(rootBytes.slice()), decodeCertificate(rootBytes.slice()))
  const { certificate } = await issue('x'.repeat(20_000))
  t.assert.notEqual(decodeCertificate(certificate.bytes), decodeCertificate(certificate.bytes))
})

test('anchors are known by what they are, not by the array they come in', async (t: TestContext) => {
  const { certificate } = await issue('another')
  const [another, root] = [certificate.bytes, rootBytes.slice()]
  t.assert.equal(decodeCertificates([root]), decodeCertificates([rootBytes.slice()]))
  t.assert.notEqual(decodeCertificates([root]), decodeCertificates([another]))
  t.assert.notEqual(decodeCertificates([root]), decodeCertificates([root, another]))
  const options = { tsaTrust: [], now }
  t.assert.equal((await verify(asset, { ...options, trust: [root] })).state, 'Trusted')
  t.assert.equal((await verify(asset, { ...options, trust: [another] })).state, 'Valid')
  root.fill(0)
  await t.assert.rejects(verify(asset, { ...options, trust: [root] }), PkiError)
})

test('an anchor that is no certificate, or a moment that is none, is a misuse, and thrown', async (t: TestContext) => {
  await t.assert.rejects(verify(asset, { trust: [Uint8Array.of(1)], tsaTrust: [], now }), PkiError)
  await t.assert.rejects(verify(asset, { trust: [], tsaTrust: [], now: new Date(Number.NaN) }), C2paError)
})
