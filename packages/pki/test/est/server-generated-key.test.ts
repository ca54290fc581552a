import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { der, encodePem } from '@countersign/codec'
import { ContentInfo, contentTypes } from '../../src/cms/content-info.ts'
import {
  encryptGeneratedKey,
  extensions,
  keyEncryptionWish,
  name,
  oids,
  PkiError,
  type RequestAttribute,
} from '../../src/index.ts'
import { issue, issueAuthority, issueLeaf, pem } from '../hierarchy.ts'
import { refusesMalformed } from '../malformed.ts'
import { file, newPath, openssl, withoutOpenSsl } from '../openssl.ts'

const root = await issueAuthority('Root')
const maker = await issueLeaf('Server', root, [oids.serverAuth])
const made = await issueLeaf('Device', root, [oids.clientAuth])

for (const algorithm of ['RS256', 'ES256'] as const)
  test(`OpenSSL decrypts a package for a key of ${algorithm}, verifies who made it, and finds the key in it`, {
    skip: withoutOpenSsl,
  }, async (t: TestContext) => {
    const usage = algorithm === 'RS256' ? 'keyEncipherment' : 'keyAgreement'
    const recipient = await issue(
      { subject: name({ CN: 'Recipient' }), algorithm, extensions: [extensions.keyUsage([usage])] },
      root,
    )
    const bytes = await encryptGeneratedKey(
      {
        privateKey: made.privateKey,
        recipient: recipient.certificate,
        contentEncryption: 'AES-256',
        certificate: maker.certificate,
        chain: [],
        at: new Date(),
      },
      maker.signer,
    )
    const decrypted = openssl(
      ...['cms', '-decrypt', '-inform', 'DER', '-binary', '-in', file(bytes)],
      ...['-inkey', file(encodePem('PRIVATE KEY', recipient.privateKey)), '-recip', file(pem(recipient))],
    )
    t.assert.ok(decrypted.ok, decrypted.text)
    const signedData = new Uint8Array(Buffer.from(decrypted.text, 'latin1'))
    const signed = ContentInfo.encode({ contentType: contentTypes.signedData, content: signedData })
    const out = newPath()
    const verified = openssl(
      ...['cms', '-verify', '-inform', 'DER', '-binary', '-in', file(signed), '-out', out],
      ...['-CAfile', file(pem(root)), '-purpose', 'any'],
    )
    t.assert.ok(verified.ok, verified.text)
    const [key, ...more] = der.elementsOf(der.onlyElement(new Uint8Array(readFileSync(out))))
    t.assert.deepEqual(key?.bytes, made.privateKey)
    t.assert.equal(more.length, 0)
  })

const IDENTIFIER = Uint8Array.of(1, 2, 3)
const AES_256 = der.writeElement(0x30, [der.oid.encode(oids.aes256Cbc)])
const attribute = (type: string, ...values: readonly Uint8Array[]): RequestAttribute => ({ type, values })

test('what a request wants its key to be encrypted for is read, once', (t: TestContext) => {
  const identifier = der.octetString.encode(IDENTIFIER)
  const capabilities = attribute(oids.smimeCapabilities, der.writeElement(0x30, [AES_256]))
  t.assert.equal(keyEncryptionWish([]), undefined)
  t.assert.equal(keyEncryptionWish([capabilities]), undefined, 'which key it is for is not said')
  t.assert.deepEqual(keyEncryptionWish([attribute(oids.asymmetricDecryptKeyIdentifier, identifier), capabilities]), {
    kind: 'asymmetric',
    keyIdentifier: IDENTIFIER,
    capabilities: [oids.aes256Cbc],
  })
  t.assert.deepEqual(keyEncryptionWish([attribute(oids.decryptKeyIdentifier, identifier)]), {
    kind: 'symmetric',
    keyIdentifier: IDENTIFIER,
    capabilities: undefined,
  })
  const malformed: (readonly RequestAttribute[])[] = [
    [attribute(oids.decryptKeyIdentifier, identifier), attribute(oids.asymmetricDecryptKeyIdentifier, identifier)],
    [attribute(oids.asymmetricDecryptKeyIdentifier, identifier, identifier)],
    [attribute(oids.asymmetricDecryptKeyIdentifier, IDENTIFIER)],
  ]
  for (const attributes of malformed) t.assert.throws(() => keyEncryptionWish(attributes), PkiError)
  refusesMalformed(t, capabilities.values[0]!, (value) => keyEncryptionWish([attribute(oids.smimeCapabilities, value)]))
})
