import { spawnSync } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { decodePem, encodePem } from '@countersign/codec'
import * as pkijs from 'pkijs'
import { decodeSignedData } from '../../src/cms/signed-data.ts'
import { encodeCertificatesOnly, oids } from '../../src/index.ts'
import { issueAuthority, issueLeaf } from '../hierarchy.ts'
import { refusesMalformed } from '../malformed.ts'
import { file, openssl, withoutOpenSsl } from '../openssl.ts'

const root = await issueAuthority('Root')
const issuing = await issueAuthority('Issuing', root)
const leaf = await issueLeaf('Somebody', issuing, [oids.clientAuth])
const certificates = [leaf, issuing, root].map(({ certificate }) => certificate.bytes)
const bytes = encodeCertificatesOnly(certificates)

/** In the order of a set. */
function sorted(list: readonly Uint8Array[]): readonly string[] {
  return list.map((one) => Buffer.from(one).toString('hex')).sort()
}

test('OpenSSL reads them as PKCS#7 and as CMS', { skip: withoutOpenSsl }, (t: TestContext) => {
  for (const [given, form] of [
    [bytes, 'DER'],
    [encodePem('PKCS7', bytes), 'PEM'],
  ] as const) {
    const { ok, text } = openssl('pkcs7', '-inform', form, '-in', file(given), '-print_certs')
    t.assert.ok(ok, text)
    t.assert.deepEqual(sorted(decodePem(text).map((block) => block.bytes)), sorted(certificates))
  }
  const shown = openssl('cms', '-cmsout', '-print', '-inform', 'DER', '-in', file(bytes))
  t.assert.ok(shown.ok, shown.text)
  t.assert.match(shown.text, /eContent: <ABSENT>/)
})

const withoutKeytool = spawnSync('keytool', ['-help']).error ? 'there is no keytool here' : false

test('Java reads them', { skip: withoutKeytool }, (t: TestContext) => {
  const { stdout } = spawnSync('keytool', ['-printcert', '-rfc', '-file', file(bytes)], { encoding: 'utf8' })
  t.assert.deepEqual(sorted(decodePem(stdout).map((block) => block.bytes)), sorted(certificates))
})

test('pkijs reads them', (t: TestContext) => {
  const { content } = pkijs.ContentInfo.fromBER(bytes.slice().buffer)
  const signedData = new pkijs.SignedData({ schema: content })
  t.assert.equal(signedData.certificates?.length, 3)
  t.assert.equal(signedData.signerInfos.length, 0)
})

test('one certificate, or none, are a set too', (t: TestContext) => {
  t.assert.equal(decodeSignedData(encodeCertificatesOnly([leaf.certificate.bytes])).certificates?.length, 1)
  t.assert.equal(decodeSignedData(encodeCertificatesOnly([])).certificates?.length, 0)
  refusesMalformed(t, encodeCertificatesOnly([leaf.certificate.bytes]), (candidate) => decodeSignedData(candidate))
})
