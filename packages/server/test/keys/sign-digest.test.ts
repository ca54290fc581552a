import { createHash, createPublicKey, generateKeyPairSync, verify as verifyByOpenSsl } from 'node:crypto'
import { test } from 'node:test'
import { type SignatureAlgorithm, verifySignature } from '@countersign/pki'
import type { KeyType } from '../../src/domain/private-key.ts'
import { createKeys } from '../../src/keys/keys.ts'
import { masterKey } from '../../src/keys/master-key.ts'
import { signDigest } from '../../src/keys/sign-digest.ts'

const now = () => new Date('2026-01-01T00:00:00Z')
const CHEAP = { memory: 64, passes: 1, lanes: 1 }
const keys = createKeys({ masterKey: masterKey(new Uint8Array(32).fill(1)), now, pinCost: CHEAP })
const data = new TextEncoder().encode('what is signed elsewhere')
const digestFor = (algorithm: SignatureAlgorithm): Uint8Array =>
  algorithm === 'EdDSA'
    ? data
    : new Uint8Array(
        createHash(`sha${algorithm.slice(2)}`)
          .update(data)
          .digest(),
      )

const suitable: [KeyType, SignatureAlgorithm[]][] = [
  ['p256', ['ES256', 'ES384', 'ES512']],
  ['p384', ['ES256', 'ES384']],
  ['p521', ['ES256', 'ES512']],
  ['rsa2048', ['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512']],
  ['rsa3072', ['PS256', 'RS256']],
  ['ed25519', ['EdDSA']],
]
for (const [type, algorithms] of suitable)
  test(`a ${type} key signs the digest as it would the data, by ${algorithms.join(', ')}`, async (t) => {
    const key = await keys.generate(type)
    for (const algorithm of algorithms) {
      const sign = keys.digestSigner(key, algorithm)
      const signature = await sign(digestFor(algorithm))
      t.assert.equal(await verifySignature(algorithm, key.publicKey, data, signature), true, algorithm)
      t.assert.equal(await verifySignature(algorithm, key.publicKey, data.subarray(1), signature), false, algorithm)
      const isRandom = algorithm.startsWith('PS') || algorithm.startsWith('ES')
      t.assert.equal(Buffer.compare(await sign(digestFor(algorithm)), signature) !== 0, isRandom, algorithm)
    }
  })

test('OpenSSL holds RSASSA-PSS to the length of its salt, that of the hash unless it is said, whatever the length of the modulus', async (t) => {
  // 1025 and 1031 bits: the encoded block is a byte shorter than the modulus, or leaves other bits free.
  for (const modulusLength of [1024, 1025, 1026, 1031, 1032, 2048]) {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength })
    for (let run = 0; run < 8; run++) {
      const signature = await signDigest(privateKey, { algorithm: 'PS256' }, digestFor('PS256'))
      const options = { key: publicKey, padding: 6, saltLength: 32 }
      t.assert.equal(verifyByOpenSsl('sha256', data, options, signature), true, `${modulusLength}`)
    }
    const longest = Math.ceil((modulusLength - 1) / 8) - 34
    for (const saltLength of [0, 1, 33, longest]) {
      const signature = await signDigest(privateKey, { algorithm: 'PS256', saltLength }, digestFor('PS256'))
      t.assert.equal(
        verifyByOpenSsl('sha256', data, { key: publicKey, padding: 6, saltLength }, signature),
        true,
        `${modulusLength} ${saltLength}`,
      )
    }
    const tooLong = { algorithm: 'PS256', saltLength: longest + 1 } as const
    await t.assert.rejects(signDigest(privateKey, tooLong, digestFor('PS256')), { code: 'unsuitable_algorithm' })
  }
})

test('a key that a PIN opened signs digests, and so does one that was sealed', async (t) => {
  const key = await keys.generate('p256', { credentialId: 'one', pin: 'a long enough PIN' })
  t.assert.throws(() => keys.digestSigner(key, 'EdDSA'), { code: 'unsuitable_algorithm' })
  await t.assert.rejects(keys.digestSigner(key, 'ES256')(digestFor('ES256')), { code: 'pin_needed' })
  const opened = await keys.open(key, 'a long enough PIN')
  const secret = new Uint8Array(32).fill(7)
  const sealed = opened?.seal('activation', secret) as Uint8Array
  const unsealed = keys.unseal(key, 'activation', secret, sealed)
  const publicKey = createPublicKey({ key: Buffer.from(key.publicKey), format: 'der', type: 'spki' })
  for (const one of [opened, unsealed]) {
    const signature = (await one?.digestSigner('ES256')(digestFor('ES256'))) as Uint8Array
    t.assert.equal(verifyByOpenSsl('sha256', data, publicKey, signature), true)
  }
  t.assert.throws(() => opened?.digestSigner('PS256'), { code: 'unsuitable_algorithm' })
})

test('what is no digest of the hash is not signed', async (t) => {
  const ec = await keys.generate('p256')
  const rsa = await keys.generate('rsa2048')
  for (const length of [0, 20, 31, 33, 48, 64])
    for (const [key, algorithm] of [
      [ec, 'ES256'],
      [rsa, 'PS256'],
      [rsa, 'RS256'],
    ] as const)
      await t.assert.rejects(keys.digestSigner(key, algorithm)(new Uint8Array(length)), {
        code: 'unsuitable_algorithm',
      })
})
