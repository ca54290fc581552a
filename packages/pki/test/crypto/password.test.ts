import { test } from 'node:test'
import { decodeHex, utf8Bytes } from '@countersign/codec'
import * as node from '../../src/crypto/node.ts'
import type { CryptoPort } from '../../src/crypto/port.ts'
import * as web from '../../src/crypto/web.ts'

const ports: readonly (readonly [string, CryptoPort])[] = [
  ['node', node],
  ['web', web],
]

for (const [name, port] of ports) {
  test(`${name}: HMAC-SHA-256 of RFC 4231 §4.3`, (t) => {
    const mac = port.hmac('sha256', utf8Bytes('Jefe'), utf8Bytes('what do ya want for nothing?'))
    t.assert.deepEqual(mac, decodeHex('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'))
  })

  test(`${name}: PBKDF2 of RFC 6070 and RFC 7914 §11`, async (t) => {
    const parameters = { password: utf8Bytes('password'), salt: utf8Bytes('salt'), length: 20 }
    const ofRfc6070 = await port.pbkdf2({ ...parameters, hash: 'sha1', iterations: 4096 })
    t.assert.deepEqual(ofRfc6070, decodeHex('4b007901b765489abead49d926f721d065a429c1'))
    const ofRfc7914 = await port.pbkdf2({
      hash: 'sha256',
      password: utf8Bytes('Password'),
      salt: utf8Bytes('NaCl'),
      iterations: 80_000,
      length: 64,
    })
    const expected =
      '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d'
    t.assert.deepEqual(ofRfc7914, decodeHex(expected))
  })

  test(`${name}: AES-CBC of NIST SP 800-38A F.2, one block before the padding`, async (t) => {
    const data = decodeHex('6bc1bee22e409f96e93d7e117393172a')
    const initializationVector = decodeHex('000102030405060708090a0b0c0d0e0f')
    for (const [key, block] of [
      ['2b7e151628aed2a6abf7158809cf4f3c', '7649abac8119b246cee98e9b12e9197d'],
      ['603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4', 'f58c4c04d6e5f1ba779eabfb5f7bfbd6'],
    ] as const) {
      const encrypted = await port.encryptAesCbc(decodeHex(key), initializationVector, data)
      t.assert.equal(encrypted.length, 32)
      t.assert.deepEqual(encrypted.slice(0, 16), decodeHex(block))
      t.assert.deepEqual(await port.decryptAesCbc(decodeHex(key), initializationVector, encrypted), data)
      const cut = encrypted.subarray(0, 16)
      await t.assert.rejects(port.decryptAesCbc(decodeHex(key), initializationVector, cut), { code: 'malformed' })
    }
  })
}

test('node: Triple DES of NIST SP 800-67 B.1, one block before the padding', async (t) => {
  const key = decodeHex('0123456789abcdef23456789abcdef01456789abcdef0123')
  // The first block of 'The qufck brown fox jump'.
  const data = utf8Bytes('The qufc')
  const encrypted = await node.encryptTripleDesCbc(key, new Uint8Array(8), data)
  t.assert.deepEqual(encrypted.slice(0, 8), decodeHex('a826fd8ce53b855f'))
  t.assert.deepEqual(await node.decryptTripleDesCbc(key, new Uint8Array(8), encrypted), data)
  const cut = encrypted.subarray(0, 8)
  await t.assert.rejects(node.decryptTripleDesCbc(key, new Uint8Array(8), cut), { code: 'malformed' })
})

test('web: there is no Triple DES', async (t) => {
  await t.assert.rejects(web.encryptTripleDesCbc(), { name: 'PkiError', code: 'unavailable' })
  await t.assert.rejects(web.decryptTripleDesCbc(), { name: 'PkiError', code: 'unavailable' })
})
