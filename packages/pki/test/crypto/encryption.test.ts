import {
  constants,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
} from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { decodeHex, utf8Bytes } from '@countersign/codec'
import * as node from '../../src/crypto/node.ts'
import type { CryptoPort } from '../../src/crypto/port.ts'
import * as web from '../../src/crypto/web.ts'
import { PkiError } from '../../src/error.ts'

const ports: readonly (readonly [string, CryptoPort])[] = [
  ['node', node],
  ['web', web],
]
const DATA = utf8Bytes('what is encrypted')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })

function spki(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }))
}

for (const [name, port] of ports) {
  test(`${name}: OAEP is with SHA-256, and another each time`, async (t: TestContext) => {
    const encrypt = () => port.encryptRsa('RSAES-OAEP', spki(rsa.publicKey), DATA)
    const [first, second] = [await encrypt(), await encrypt()]
    t.assert.notDeepEqual(first, second)
    const options = { key: rsa.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
    t.assert.deepEqual(new Uint8Array(privateDecrypt(options, first)), DATA)
  })

  test(`${name}: both ends of ECDH find the same secret`, async (t: TestContext) => {
    for (const [namedCurve, length] of [
      ['P-256', 32],
      ['P-384', 48],
      ['P-521', 66],
    ] as const) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve })
      const { publicKey: ephemeral, secret } = await port.agreeWithEphemeralKey(spki(publicKey))
      t.assert.equal(secret.length, length)
      const other = createPublicKey({ key: Buffer.from(ephemeral), format: 'der', type: 'spki' })
      t.assert.deepEqual(new Uint8Array(diffieHellman({ privateKey, publicKey: other })), secret)
    }
    for (const publicKey of [rsa.publicKey, generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey])
      await t.assert.rejects(port.agreeWithEphemeralKey(spki(publicKey)), { code: 'invalid_argument' })
  })

  test(`${name}: AES key wrap of RFC 3394 §4.1, §4.3 and §4.6`, async (t: TestContext) => {
    for (const [wrapping, key, wrapped] of [
      [
        '000102030405060708090a0b0c0d0e0f',
        '00112233445566778899aabbccddeeff',
        '1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5',
      ],
      [
        '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
        '00112233445566778899aabbccddeeff',
        '64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7',
      ],
      [
        '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
        '00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f',
        '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21',
      ],
    ] as const)
      t.assert.deepEqual(await port.wrapAesKey(decodeHex(wrapping), decodeHex(key)), decodeHex(wrapped))
  })
}

test('node: RSA by PKCS #1 v1.5', async (t: TestContext) => {
  const encrypted = await node.encryptRsa('RSAES-PKCS1-v1_5', spki(rsa.publicKey), DATA)
  // Without the padding taken off: 00 02, bytes that are not zero, 00, the data.
  const block = privateDecrypt({ key: rsa.privateKey, padding: constants.RSA_NO_PADDING }, encrypted)
  t.assert.deepEqual([block[0], block[1], block.indexOf(0, 2)], [0, 2, 255 - DATA.length])
  t.assert.deepEqual(new Uint8Array(block.subarray(-DATA.length)), DATA)
})

test('web: there is no RSA encryption by PKCS #1 v1.5', async (t: TestContext) => {
  const encryption = web.encryptRsa('RSAES-PKCS1-v1_5', spki(rsa.publicKey), DATA)
  await t.assert.rejects(encryption, (error) => error instanceof PkiError && error.code === 'unavailable')
})
