import { generateKeyPairSync, KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { queryObjects } from 'node:v8'
import { equalBytes, utf8Bytes } from '@countersign/codec'
import * as node from '../../src/crypto/node.ts'
import type { CryptoPort, HashAlgorithm, SignatureAlgorithm } from '../../src/crypto/port.ts'
import { PublicKey } from '../../src/crypto/public-key.ts'
import { suitsKey } from '../../src/crypto/signature-algorithm.ts'
import * as web from '../../src/crypto/web.ts'
import { PkiError } from '../../src/error.ts'

const ports: readonly (readonly [string, CryptoPort])[] = [
  ['node', node],
  ['web', web],
]
const data = utf8Bytes('what is signed')

function restrictedPssKeyPair() {
  // @types/node does not have the three options that bind the key.
  const options = { modulusLength: 2048, hashAlgorithm: 'sha384', mgf1HashAlgorithm: 'sha384', saltLength: 48 }
  return generateKeyPairSync('rsa-pss', options as never) as unknown as {
    readonly privateKey: KeyObject
    readonly publicKey: KeyObject
  }
}

const keys: { readonly [name: string]: { readonly privateKey: KeyObject; readonly publicKey: KeyObject } } = {
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'RSASSA-PSS': generateKeyPairSync('rsa-pss', { modulusLength: 2048 }),
  'RSASSA-PSS of SHA-384': restrictedPssKeyPair(),
  Ed25519: generateKeyPairSync('ed25519'),
  X25519: generateKeyPairSync('x25519'),
  secp256k1: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
  'ML-DSA-44': generateKeyPairSync('ml-dsa-44'),
  'ML-DSA-65': generateKeyPairSync('ml-dsa-65'),
  'ML-DSA-87': generateKeyPairSync('ml-dsa-87'),
}
const algorithms: readonly SignatureAlgorithm[] = [
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
  'EdDSA',
  'ML-DSA-44',
  'ML-DSA-65',
  'ML-DSA-87',
]
const suiting: { readonly [name: string]: readonly SignatureAlgorithm[] } = {
  'P-256': ['ES256', 'ES384', 'ES512'],
  'P-384': ['ES256', 'ES384', 'ES512'],
  'P-521': ['ES256', 'ES384', 'ES512'],
  RSA: ['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
  'RSASSA-PSS': ['PS256', 'PS384', 'PS512'],
  'RSASSA-PSS of SHA-384': ['PS384'],
  Ed25519: ['EdDSA'],
  X25519: [],
  secp256k1: [],
  'ML-DSA-44': ['ML-DSA-44'],
  'ML-DSA-65': ['ML-DSA-65'],
  'ML-DSA-87': ['ML-DSA-87'],
}

function spki(name: string): Uint8Array {
  return new Uint8Array(keys[name]!.publicKey.export({ format: 'der', type: 'spki' }))
}

function pkcs8(name: string): Uint8Array {
  return pkcs8Of(keys[name]!.privateKey)
}

function pkcs8Of(privateKey: KeyObject): Uint8Array {
  return new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }))
}

for (const algorithm of ['sha1', 'sha256', 'sha384', 'sha512'] as const satisfies readonly HashAlgorithm[]) {
  test(`${algorithm}: one shot, piece by piece and copied, the same on both ports`, (t) => {
    for (const length of [0, 1, 55, 56, 63, 64, 111, 112, 127, 128, 1000]) {
      const bytes = web.randomBytes(length)
      const expected = node.digest(algorithm, bytes)
      t.assert.equal(equalBytes(web.digest(algorithm, bytes), expected), true)
      for (const [, port] of ports) {
        const hash = port.createHash(algorithm).update(bytes.subarray(0, length >> 1))
        const copy = hash.copy()
        copy.update(utf8Bytes('elsewhere')).digest()
        t.assert.equal(equalBytes(hash.update(bytes.subarray(length >> 1)).digest(), expected), true)
      }
    }
  })
}

test("random bytes are given out once, and are nobody else's to change", (t) => {
  for (const [, port] of ports) {
    const drawn = Array.from({ length: 1_000 }, (_, index) => port.randomBytes(8 + (index % 57)))
    t.assert.equal(new Set(drawn.map((bytes) => Buffer.from(bytes).toString('hex'))).size, drawn.length)
    for (const bytes of drawn) {
      t.assert.equal(bytes.buffer.byteLength, bytes.length)
      t.assert.notEqual(Buffer.from(bytes).toString('hex'), '00'.repeat(bytes.length))
    }
  }
})

test('random bytes have the length asked for, past what WebCrypto gives at once', (t) => {
  for (const [, port] of ports) {
    const bytes = port.randomBytes(70000)
    t.assert.equal(bytes.length, 70000)
    t.assert.equal(
      bytes.subarray(65536).some((byte) => byte !== 0),
      true,
    )
    t.assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype)
  }
})

for (const name of Object.keys(keys)) {
  test(`${name}: suits ${suiting[name]!.join(', ') || 'nothing'}`, (t) => {
    const key = PublicKey.decode(spki(name))
    t.assert.deepEqual(
      algorithms.filter((algorithm) => suitsKey(algorithm, key)),
      suiting[name],
    )
  })

  for (const algorithm of suiting[name]!) {
    test(`${name}, ${algorithm}: what one port signs, both verify, and nothing else`, async (t) => {
      for (const [signing, signer] of ports) {
        // WebCrypto reads no private keys under id-RSASSA-PSS.
        if (signing === 'web' && name.startsWith('RSASSA-PSS')) continue
        const made = await signer.createSigner(algorithm, pkcs8(name))
        t.assert.deepEqual(made.publicKey, spki(name))
        const signature = await made.sign(data)
        const tampered = signature.slice()
        tampered[tampered.length - 1]! ^= 1
        for (const [verifying, verifier] of ports) {
          const verify = (...[a, d, s]: [SignatureAlgorithm, Uint8Array, Uint8Array]) =>
            verifier.verifySignature(a, spki(name), d, s)
          const label = `${signing} to ${verifying}`
          t.assert.equal(await verify(algorithm, data, signature), true, label)
          t.assert.equal(await verify(algorithm, data, tampered), false, label)
          t.assert.equal(await verify(algorithm, data.subarray(1), signature), false, label)
          t.assert.equal(await verify(algorithm, data, new Uint8Array()), false, label)
          t.assert.equal(await verify(algorithm, data, signature.subarray(1)), false, label)
          for (const other of algorithms)
            if (other !== algorithm) t.assert.equal(await verify(other, data, signature), false, `${label}, ${other}`)
        }
      }
    })
  }
}

test('PSS with a salt that is not as long as the hash is refused by both', async (t) => {
  const { constants, sign } = await import('node:crypto')
  for (const saltLength of [0, 20, 222]) {
    const signature = new Uint8Array(
      sign('sha256', data, { key: keys.RSA!.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }),
    )
    for (const [name, port] of ports)
      t.assert.equal(await port.verifySignature('PS256', spki('RSA'), data, signature), false, `${name}, ${saltLength}`)
  }
})

test('a key that is garbage, or cut off anywhere, verifies nothing and throws nothing', async (t) => {
  const signature = await (await node.createSigner('ES256', pkcs8('P-256'))).sign(data)
  const key = spki('P-256')
  for (const [, port] of ports)
    for (let length = 0; length < key.length; length++)
      t.assert.equal(await port.verifySignature('ES256', key.subarray(0, length), data, signature), false)
  const offCurve = key.slice()
  offCurve[offCurve.length - 1]! ^= 1
  for (const [, port] of ports) t.assert.equal(await port.verifySignature('ES256', offCurve, data, signature), false)
})

test('of keys that come once no object of Node’s is kept, and they verify as any other', async (t) => {
  const made = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const signer = await node.createSigner('ES256', pkcs8Of(privateKey))
      return { publicKey: signer.publicKey, signature: await signer.sign(data) }
    }),
  )
  const verified = (other = 0): Promise<boolean[]> =>
    Promise.all(
      made.map(({ publicKey }, index) => {
        const { signature } = made[(index + other) % made.length]!
        return node.verifySignature('ES256', publicKey, data, signature)
      }),
    )
  const objects = (): number => queryObjects(KeyObject, { format: 'count' })
  const before = objects()
  t.assert.deepEqual(new Set(await verified()), new Set([true]))
  t.assert.equal(objects() <= before, true)
  t.assert.deepEqual(new Set(await verified()), new Set([true]))
  t.assert.deepEqual(new Set(await verified(1)), new Set([false]))
})

test('a key that is seen for the first time verifies nothing that it did not sign', async (t) => {
  const pairs = {
    ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    EdDSA: () => generateKeyPairSync('ed25519'),
  }
  for (const [algorithm, pair] of Object.entries(pairs) as [SignatureAlgorithm, (typeof pairs)['ES256']][]) {
    const one = await node.createSigner(algorithm, pkcs8Of(pair().privateKey))
    const other = await node.createSigner(algorithm, pkcs8Of(pair().privateKey))
    const signature = await one.sign(data)
    t.assert.equal(await node.verifySignature(algorithm, other.publicKey, data, signature), false, algorithm)
    t.assert.equal(await node.verifySignature(algorithm, one.publicKey, data, signature), true, algorithm)
  }
})

test('a private key of another kind makes no signer', async (t) => {
  for (const [, port] of ports) {
    await t.assert.rejects(port.createSigner('ES256', pkcs8('RSA')), PkiError)
    await t.assert.rejects(port.createSigner('EdDSA', pkcs8('P-256')), PkiError)
    await t.assert.rejects(port.createSigner('PS256', pkcs8('Ed25519')), PkiError)
    await t.assert.rejects(port.createSigner('ES256', Uint8Array.of(1, 2, 3)), PkiError)
  }
})

test('an RSA signature is as long as the modulus: one whose leading zero was cut off is none (RFC 8017 §8.1.2)', async (t) => {
  const name = Object.keys(keys).find((candidate) => suiting[candidate]!.includes('PS256')) as string
  const signer = await node.createSigner('PS256', pkcs8(name))
  let signature = await signer.sign(data)
  // One in 256 begins with a zero; the salt makes each another.
  for (let tries = 0; signature[0] !== 0 && tries < 20_000; tries++) signature = await signer.sign(data)
  t.assert.equal(signature[0], 0)
  for (const [, port] of ports) {
    t.assert.equal(await port.verifySignature('PS256', spki(name), data, signature), true)
    t.assert.equal(await port.verifySignature('PS256', spki(name), data, signature.subarray(1)), false)
  }
})

test('a page without WebCrypto hears why, and not that a signature does not verify', async (t) => {
  const { publicKey } = keys['P-256'] as { publicKey: KeyObject }
  const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }))
  const there = Object.getOwnPropertyDescriptor(globalThis, 'crypto') as PropertyDescriptor
  t.after(() => Object.defineProperty(globalThis, 'crypto', there))
  // What a page has over http has no `subtle`.
  Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true })
  const expected = { name: 'PkiError', code: 'unavailable', message: /https/ }
  await t.assert.rejects(web.verifySignature('ES256', spki, data, new Uint8Array(70)), expected)
  await t.assert.rejects(web.createSigner('ES256', spki), expected)
  await t.assert.rejects(web.decryptAesCbc(new Uint8Array(16), new Uint8Array(16), new Uint8Array(16)), expected)
})
