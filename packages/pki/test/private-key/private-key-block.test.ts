import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { encodePem } from '@countersign/codec'
import { PkiError, privateKeyBlock } from '../../src/index.ts'
import { EcPrivateKey, RsaPrivateKey } from '../../src/private-key/private-key-block.ts'
import { PrivateKeyInfo } from '../../src/private-key/private-key-info.ts'
import { refusesMalformed } from '../malformed.ts'
import { file, openssl, withoutOpenSsl } from '../openssl.ts'

const keys: { readonly [name: string]: KeyObject } = {
  'RSA-2048': generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
  Ed25519: generateKeyPairSync('ed25519').privateKey,
}
const pkcs8 = (name: string): Uint8Array =>
  new Uint8Array((keys[name] as KeyObject).export({ format: 'der', type: 'pkcs8' }))

for (const name of Object.keys(keys))
  test(`${name}: the same key in every syntax that there is of it`, (t: TestContext) => {
    const key = keys[name] as KeyObject
    const modern = privateKeyBlock(pkcs8(name), 'PKCS#8')
    t.assert.equal(modern.label, 'PRIVATE KEY')
    t.assert.deepEqual(modern.bytes, pkcs8(name))
    if (name === 'Ed25519') {
      t.assert.throws(() => privateKeyBlock(pkcs8(name), 'traditional'), { name: 'PkiError', code: 'invalid_argument' })
      return
    }
    const { label, bytes } = privateKeyBlock(pkcs8(name), 'traditional')
    const type = name.startsWith('RSA') ? 'pkcs1' : 'sec1'
    t.assert.equal(label, type === 'pkcs1' ? 'RSA PRIVATE KEY' : 'EC PRIVATE KEY')
    // As OpenSSL writes it, to the byte.
    t.assert.deepEqual(bytes, new Uint8Array(key.export({ format: 'der', type })))
    t.assert.equal(encodePem(label, bytes), key.export({ format: 'pem', type }))
    t.assert.ok(createPrivateKey({ key: Buffer.from(bytes), format: 'der', type }).equals(key))
  })

test('openssl pkey, rsa and ec read them', { skip: withoutOpenSsl }, (t: TestContext) => {
  for (const [name, command] of [
    ['RSA-2048', 'rsa'],
    ['P-256', 'ec'],
    ['P-521', 'ec'],
  ] as const)
    for (const syntax of ['PKCS#8', 'traditional'] as const) {
      const { label, bytes } = privateKeyBlock(pkcs8(name), syntax)
      for (const [given, form] of [
        [bytes, 'DER'],
        [encodePem(label, bytes), 'PEM'],
      ] as const)
        for (const program of ['pkey', command]) {
          const { ok, text } = openssl(program, '-inform', form, '-in', file(given), '-noout')
          t.assert.ok(ok, `${program} ${form} ${syntax}: ${text}`)
        }
    }
})

test('malformed private keys are refused', (t: TestContext) => {
  for (const name of ['P-256', 'Ed25519'])
    refusesMalformed(t, pkcs8(name), (candidate) => PrivateKeyInfo.decode(candidate))
  refusesMalformed(t, privateKeyBlock(pkcs8('P-256'), 'traditional').bytes, (candidate) =>
    EcPrivateKey.decode(candidate),
  )
  refusesMalformed(t, privateKeyBlock(pkcs8('RSA-2048'), 'traditional').bytes, (candidate) =>
    RsaPrivateKey.decode(candidate),
  )
  const info = PrivateKeyInfo.decode(pkcs8('P-256'))
  for (const broken of [
    { ...info, privateKey: new Uint8Array(32) },
    { ...info, privateKeyAlgorithm: { algorithm: info.privateKeyAlgorithm.algorithm } },
    { ...PrivateKeyInfo.decode(pkcs8('RSA-2048')), privateKey: info.privateKey },
  ])
    t.assert.throws(() => privateKeyBlock(PrivateKeyInfo.encode(broken), 'traditional'), PkiError)
})
