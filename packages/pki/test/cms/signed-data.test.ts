import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { der, encodePem } from '@countersign/codec'
import * as pkijs from 'pkijs'
import { attributeTypes } from '../../src/cms/attribute.ts'
import { ContentInfo, contentTypes } from '../../src/cms/content-info.ts'
import { identifies, signatureFault, signSignedData } from '../../src/cms/signature.ts'
import { decodeSignedData, SignedData } from '../../src/cms/signed-data.ts'
import { oids, type SignatureAlgorithm } from '../../src/index.ts'
import { type Identity, issueAuthority, issueLeaf, pem } from '../hierarchy.ts'
import { refusesMalformed } from '../malformed.ts'
import { file, newPath, openssl, withoutOpenSsl } from '../openssl.ts'

const CONTENT = new TextEncoder().encode('what is signed')
const SIGNING_TIME = {
  type: attributeTypes.signingTime,
  values: [der.utcTime.encode(new Date('2026-11-22T10:00:00Z'))],
}

const root = await issueAuthority('Root')
const signer = await issueLeaf('Signer', root, [oids.emailProtection])

function sign({ certificate, signer: key }: Identity = signer, content = CONTENT): Promise<Uint8Array> {
  const attributes = [SIGNING_TIME]
  return signSignedData(
    { contentType: contentTypes.data, content, certificate, certificates: [certificate], attributes },
    key,
  )
}

/** What is wrong with the first signature of signed data, as that certificate's. */
async function fault(bytes: Uint8Array, { certificate }: Identity = signer): Promise<string | undefined> {
  const { encapsulatedContent, signerInfos } = decodeSignedData(bytes)
  const [signerInfo] = signerInfos
  if (!signerInfo) return 'nobody signed'
  if (!identifies(signerInfo.signerIdentifier, certificate)) return 'it is of another signer'
  const { contentType, content = new Uint8Array() } = encapsulatedContent
  return signatureFault(signerInfo, contentType, content, certificate)
}

test('OpenSSL and we verify what we sign, by every algorithm', { skip: withoutOpenSsl }, async (t: TestContext) => {
  for (const algorithm of ['ES256', 'ES384', 'ES512', 'PS256', 'RS256', 'EdDSA'] satisfies SignatureAlgorithm[]) {
    const identity = await issueLeaf('Signer', root, [oids.emailProtection], { algorithm })
    const bytes = await sign(identity)
    t.assert.equal(await fault(bytes, identity), undefined)
    t.assert.equal(await fault(bytes), 'it is of another signer')
    // OpenSSL 3.0 does not know Ed25519 in CMS (RFC 8419).
    if (algorithm === 'EdDSA') continue
    const given = ['-inform', 'DER', '-in', file(bytes), '-CAfile', file(pem(root)), '-attime', '1795341600']
    const { ok, text } = openssl('cms', '-verify', ...given)
    t.assert.ok(ok && text.includes('what is signed'), `${algorithm}: ${text}`)
  }
})

test('pkijs verifies what we sign', async (t: TestContext) => {
  const contentInfo = pkijs.ContentInfo.fromBER((await sign()).slice().buffer)
  const signedData = new pkijs.SignedData({ schema: contentInfo.content })
  t.assert.equal(await signedData.verify({ signer: 0, checkChain: false }), true)
})

test('we verify what OpenSSL signs, whatever names the signer and the algorithm', {
  skip: withoutOpenSsl,
}, async (t: TestContext) => {
  const rsa = await issueLeaf('Signer', root, [oids.emailProtection], { algorithm: 'RS256' })
  for (const [identity, ...more] of [
    [signer],
    [signer, '-keyid'],
    [signer, '-md', 'sha384'],
    // Named by rsaEncryption alone, the hash being the signer's.
    [rsa],
    [rsa, '-md', 'sha512', '-keyid'],
    [rsa, '-keyopt', 'rsa_padding_mode:pss', '-keyopt', 'rsa_pss_saltlen:-1'],
  ] as const) {
    const path = newPath()
    const key = file(encodePem('PRIVATE KEY', identity.privateKey))
    const args = ['-signer', file(pem(identity)), '-inkey', key, '-in', file(CONTENT), '-binary', '-nodetach']
    const { ok, text } = openssl('cms', '-sign', ...args, '-outform', 'DER', '-nosmimecap', ...more, '-out', path)
    t.assert.ok(ok, text)
    const bytes = new Uint8Array(readFileSync(path))
    t.assert.equal(await fault(bytes, identity), undefined, more.join(' '))
  }
})

test('what is not over this content, or not by this certificate, does not verify', async (t: TestContext) => {
  const bytes = await sign()
  const { encapsulatedContent, signerInfos, ...rest } = decodeSignedData(bytes)
  const [signerInfo] = signerInfos
  t.assert.ok(signerInfo)
  const { certificate } = signer
  const check = (info: typeof signerInfo, type: string = contentTypes.data, content = CONTENT) =>
    signatureFault(info, type, content, certificate)
  t.assert.equal(await check(signerInfo), undefined)
  t.assert.match((await check(signerInfo, contentTypes.data, CONTENT.subarray(1))) ?? '', /message-digest/)
  t.assert.match((await check(signerInfo, contentTypes.timeStampInfo)) ?? '', /content-type/)
  t.assert.match((await check({ ...signerInfo, signature: signerInfo.signature.slice(1) })) ?? '', /signature/)
  const { signedAttributes: _, ...unattributed } = signerInfo
  t.assert.match((await check(unattributed)) ?? '', /no signed attributes/)
  const byMd5 = { ...signerInfo, digestAlgorithm: { algorithm: '1.2.840.113549.2.5' } }
  t.assert.match((await check(byMd5)) ?? '', /not accepted/)
  const bySha1 = { ...signerInfo, signatureAlgorithm: { algorithm: oids.sha1WithRSAEncryption } }
  t.assert.match((await check(bySha1)) ?? '', /not accepted/)
  const namesake = await issueLeaf('Signer', root, [oids.emailProtection])
  t.assert.match(
    (await signatureFault(signerInfo, contentTypes.data, CONTENT, namesake.certificate)) ?? '',
    /signature/,
  )
  t.assert.ok(SignedData.encode({ ...rest, encapsulatedContent, signerInfos }).length > 0)
})

test('certificates of kinds that nobody reads stay where they are', async (t: TestContext) => {
  const signedData = decodeSignedData(await sign())
  // other [3] OtherCertificateFormat and v2AttrCert [2], RFC 5652 §10.2.2.
  const strangers = [Uint8Array.of(0xa3, 3, 6, 1, 42), Uint8Array.of(0xa2, 0)]
  const content = SignedData.encode({ ...signedData, certificates: [...(signedData.certificates ?? []), ...strangers] })
  const bytes = ContentInfo.encode({ contentType: contentTypes.signedData, content })
  t.assert.equal(decodeSignedData(bytes).certificates?.length, 3)
  t.assert.equal(await fault(bytes), undefined)
})

test('malformed signed data are refused', async (t: TestContext) => {
  refusesMalformed(t, await sign(), (bytes) => decodeSignedData(bytes))
  const other = ContentInfo.encode({ contentType: contentTypes.data, content: der.octetString.encode(CONTENT) })
  t.assert.throws(() => decodeSignedData(other), { name: 'DerError' })
})
