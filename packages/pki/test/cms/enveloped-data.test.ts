import { webcrypto } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { der, encodePem } from '@countersign/codec'
import * as pkijs from 'pkijs'
import { ContentInfo, contentTypes } from '../../src/cms/content-info.ts'
import { EnvelopedData } from '../../src/cms/enveloped-data.ts'
import { encryptEnvelopedData, extensions, name, oids, recipientFault } from '../../src/index.ts'
import {
  type Identity,
  issue,
  issueAuthority,
  issueLeaf,
  NOT_AFTER,
  NOT_BEFORE,
  pem,
  type Wanted,
} from '../hierarchy.ts'
import { refusesMalformed } from '../malformed.ts'
import { file, openssl, withoutOpenSsl } from '../openssl.ts'

/** Longer than a block, and not a whole number of them; with bytes that a mail program would change. */
const CONTENT = Uint8Array.from({ length: 1001 }, (_, index) => (index % 3 === 0 ? 10 : index & 0xff))
const AT = new Date('2027-01-01T00:00:00Z')

const root = await issueAuthority('Root')

function recipient(algorithm: 'RS256' | 'ES256' | 'ES384' | 'ES512', wanted: Partial<Wanted> = {}): Promise<Identity> {
  const usage = algorithm === 'RS256' ? 'keyEncipherment' : 'keyAgreement'
  return issue(
    { subject: name({ C: 'DE', CN: 'Recipient' }), algorithm, extensions: [extensions.keyUsage([usage])], ...wanted },
    root,
  )
}

const rsa = await recipient('RS256')
const onCurves = [await recipient('ES256'), await recipient('ES384'), await recipient('ES512')] as const
const [ec] = onCurves

function decryptedBy(
  program: 'smime' | 'cms',
  bytes: Uint8Array,
  identity: Identity,
): { ok: boolean; bytes: Uint8Array } {
  const key = file(encodePem('PRIVATE KEY', identity.privateKey))
  const { ok, text } = openssl(
    ...[program, '-decrypt', '-inform', 'DER', '-binary', '-in', file(bytes)],
    ...['-inkey', key, '-recip', file(pem(identity))],
  )
  return { ok, bytes: new Uint8Array(Buffer.from(text, 'latin1')) }
}

for (const contentEncryption of ['AES-128', 'AES-256'] as const) {
  test(`openssl smime and cms decrypt ${contentEncryption} for an RSA key`, {
    skip: withoutOpenSsl,
  }, async (t: TestContext) => {
    const bytes = await encryptEnvelopedData({ content: CONTENT, recipients: [rsa.certificate], contentEncryption })
    for (const program of ['smime', 'cms'] as const)
      t.assert.deepEqual(decryptedBy(program, bytes, rsa), { ok: true, bytes: CONTENT }, program)
    const shown = openssl('cms', '-cmsout', '-print', '-inform', 'DER', '-in', file(bytes)).text
    t.assert.match(shown, new RegExp(`${contentEncryption.toLowerCase()}-cbc`))
    t.assert.match(shown, /algorithm: rsaEncryption/)
    const other = await recipient('RS256', { subject: name({ CN: 'Another' }) })
    t.assert.equal(decryptedBy('cms', bytes, other).ok, false)
  })

  test(`openssl cms decrypts ${contentEncryption} by OAEP, and for keys on curves`, {
    skip: withoutOpenSsl,
  }, async (t: TestContext) => {
    const content = CONTENT
    const byOaep = await encryptEnvelopedData({
      ...{ content, recipients: [rsa.certificate], contentEncryption, rsaKeyTransport: 'RSAES-OAEP' },
    })
    t.assert.deepEqual(decryptedBy('cms', byOaep, rsa), { ok: true, bytes: CONTENT })
    t.assert.match(openssl('cms', '-cmsout', '-print', '-inform', 'DER', '-in', file(byOaep)).text, /rsaesOaep/)
    for (const identity of onCurves) {
      const bytes = await encryptEnvelopedData({ content, recipients: [identity.certificate], contentEncryption })
      t.assert.deepEqual(decryptedBy('cms', bytes, identity), { ok: true, bytes: CONTENT })
      const shown = openssl('cms', '-cmsout', '-print', '-inform', 'DER', '-in', file(bytes)).text
      t.assert.match(shown, /dhSinglePass-stdDH-sha256kdf-scheme/)
    }
  })
}

test('several recipients read the same', { skip: withoutOpenSsl }, async (t: TestContext) => {
  const bytes = await encryptEnvelopedData({ content: CONTENT, recipients: [rsa.certificate, ec.certificate] })
  for (const identity of [rsa, ec])
    t.assert.deepEqual(decryptedBy('cms', bytes, identity), { ok: true, bytes: CONTENT })
})

test('content of no bytes, and of many, comes back', { skip: withoutOpenSsl }, async (t: TestContext) => {
  for (const length of [0, 1, 15, 16, 300_000]) {
    const content = new Uint8Array(length).fill(7)
    const bytes = await encryptEnvelopedData({ content, recipients: [rsa.certificate] })
    t.assert.deepEqual(decryptedBy('cms', bytes, rsa), { ok: true, bytes: content }, `${length}`)
  }
})

test('pkijs decrypts by OAEP, and for keys on curves', async (t: TestContext) => {
  pkijs.setEngine('node', new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto as unknown as Crypto }))
  for (const identity of [rsa, ...onCurves])
    for (const contentEncryption of ['AES-128', 'AES-256'] as const) {
      const bytes = await encryptEnvelopedData({
        content: CONTENT,
        recipients: [identity.certificate],
        contentEncryption,
        rsaKeyTransport: 'RSAES-OAEP',
      })
      const { content } = pkijs.ContentInfo.fromBER(bytes.slice().buffer)
      const enveloped = new pkijs.EnvelopedData({ schema: content })
      const decrypted = await enveloped.decrypt(0, {
        recipientCertificate: pkijs.Certificate.fromBER(identity.certificate.bytes.slice().buffer),
        recipientPrivateKey: identity.privateKey.slice().buffer,
      })
      t.assert.deepEqual(new Uint8Array(decrypted), CONTENT)
    }
})

test('each envelope has keys of its own', async (t: TestContext) => {
  const parts = async () => {
    const bytes = await encryptEnvelopedData({ content: CONTENT, recipients: [ec.certificate] })
    const { recipientInfos, encryptedContentInfo } = EnvelopedData.decode(ContentInfo.decode(bytes).content)
    const [info] = recipientInfos
    if (info?.type !== 'keyAgreement') throw new Error('not by key agreement')
    const { originator, recipientEncryptedKeys } = info.value
    const { contentEncryptionAlgorithm, encryptedContent } = encryptedContentInfo
    return [
      originator.publicKey,
      recipientEncryptedKeys[0]?.encryptedKey,
      contentEncryptionAlgorithm.parameters,
      encryptedContent,
    ]
  }
  const [first, second] = [await parts(), await parts()]
  for (const [index, part] of first.entries()) t.assert.notDeepEqual(part, second[index])
})

test('nobody, and who can only sign, are no recipients', async (t: TestContext) => {
  const byEdDsa = await issueLeaf('Signer', root, [oids.emailProtection], { algorithm: 'EdDSA' })
  for (const recipients of [[], [byEdDsa.certificate], [rsa.certificate, byEdDsa.certificate]])
    await t.assert.rejects(encryptEnvelopedData({ content: CONTENT, recipients }), { code: 'invalid_argument' })
})

test('a certificate that is not for encryption is told from one that is', async (t: TestContext) => {
  for (const identity of [rsa, ...onCurves]) t.assert.equal(recipientFault(identity.certificate, AT), undefined)
  const faultOf = async (algorithm: 'RS256' | 'ES256', wanted: Partial<Wanted> = {}, at = AT) =>
    recipientFault((await recipient(algorithm, wanted)).certificate, at) ?? ''
  t.assert.equal(await faultOf('RS256', { extensions: [] }), '')
  t.assert.match(await faultOf('RS256', { extensions: [extensions.keyUsage(['digitalSignature'])] }), /keyEncipherment/)
  t.assert.match(await faultOf('ES256', { extensions: [extensions.keyUsage(['keyEncipherment'])] }), /keyAgreement/)
  t.assert.match(await faultOf('ES256', {}, new Date(NOT_BEFORE.getTime() - 1)), /not valid before 2026-01-01/)
  t.assert.match(await faultOf('ES256', {}, new Date(NOT_AFTER.getTime() + 1)), /ended at 2036-01-01/)
  t.assert.match(recipientFault(root.certificate, AT) ?? '', /authority \(basicConstraints CA:TRUE/)
  const byEdDsa = await issueLeaf('Signer', root, [oids.emailProtection], { algorithm: 'EdDSA' })
  t.assert.match(recipientFault(byEdDsa.certificate, AT) ?? '', /for signatures/)
})

test('malformed enveloped data are refused', async (t: TestContext) => {
  for (const { certificate } of [rsa, ec]) {
    const bytes = await encryptEnvelopedData({ content: CONTENT.subarray(0, 100), recipients: [certificate] })
    const { contentType, content } = ContentInfo.decode(bytes)
    t.assert.equal(contentType, contentTypes.envelopedData)
    refusesMalformed(t, content, (candidate) => EnvelopedData.decode(candidate))
    t.assert.deepEqual(EnvelopedData.encode(EnvelopedData.decode(content)), content)
  }
  t.assert.throws(() => EnvelopedData.decode(der.octetString.encode(CONTENT)), { code: 'malformed' })
})
