import { createPublicKey, verify as nodeVerify } from 'node:crypto'
import { test } from 'node:test'
import { type SignatureAlgorithm, verifySignature } from '@countersign/pki'
import { DEFAULT_ALGORITHM, type KeyType } from '../../src/domain/private-key.ts'
import { KeyError } from '../../src/keys/key-error.ts'
import { createKeys } from '../../src/keys/keys.ts'
import { masterKey } from '../../src/keys/master-key.ts'

const now = () => new Date('2026-01-01T00:00:00Z')
const keys = createKeys({ masterKey: masterKey(new Uint8Array(32).fill(1)), now })
const data = new TextEncoder().encode('what is signed')

const suitable: [KeyType, SignatureAlgorithm[]][] = [
  ['p256', ['ES256', 'ES384']],
  ['p384', ['ES384']],
  ['p521', ['ES512']],
  ['rsa2048', ['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512']],
  ['ed25519', ['EdDSA']],
]
for (const [type, algorithms] of suitable)
  test(`a ${type} key signs ${algorithms.join(', ')}`, async (t) => {
    const key = await keys.generate(type)
    t.assert.equal(key.type, type)
    t.assert.deepEqual(key.createdAt, now())
    t.assert.equal(keys.signer(key).algorithm, DEFAULT_ALGORITHM[type])
    for (const algorithm of algorithms) {
      const signer = keys.signer(key, algorithm)
      t.assert.equal(await verifySignature(algorithm, key.publicKey, data, await signer.sign(data)), true, algorithm)
    }
    // Another implementation than ours judges one of them.
    const signature = await keys.signer(key).sign(data)
    const publicKey = createPublicKey({ key: Buffer.from(key.publicKey), format: 'der', type: 'spki' })
    const hash = DEFAULT_ALGORITHM[type] === 'EdDSA' ? undefined : `sha${DEFAULT_ALGORITHM[type].slice(2)}`
    const options = type === 'rsa2048' ? { padding: 6, saltLength: 32 } : {}
    t.assert.equal(nodeVerify(hash, data, { key: publicKey, ...options }, signature), true)
  })

test('an algorithm that does not suit the key is refused', async (t) => {
  const key = await keys.generate('p256')
  for (const algorithm of ['PS256', 'RS256', 'EdDSA'] as const)
    t.assert.throws(() => keys.signer(key, algorithm), { code: 'unsuitable_algorithm' })
})

test('a key does not open under another master key, under another id, or when a byte of it changed', async (t) => {
  const key = await keys.generate('p256')
  const fresh = (byte: number) => createKeys({ masterKey: masterKey(new Uint8Array(32).fill(byte)), now })
  fresh(1).check(key)
  t.assert.throws(() => fresh(2).check(key), { code: 'wrong_master_key' })
  const other = await keys.generate('p256')
  t.assert.throws(() => fresh(1).check({ ...key, id: other.id }), { code: 'wrong_master_key' })
  for (let index = 0; index < key.wrapped.length; index += 7) {
    const wrapped = key.wrapped.slice()
    wrapped[index] = (wrapped[index] as number) ^ 1
    t.assert.throws(() => fresh(1).check({ ...key, wrapped }), KeyError)
  }
  for (let length = 0; length < key.wrapped.length; length++)
    t.assert.throws(() => fresh(1).check({ ...key, wrapped: key.wrapped.subarray(0, length) }), KeyError)
})

test('the private key is not to be found in what is stored', async (t) => {
  const key = await keys.generate('ed25519')
  const seed = Buffer.from(keys.privateKeyBytes(key)).subarray(-32)
  t.assert.equal(Buffer.from(key.wrapped).includes(seed), false)
})

test('more keys than are kept at hand still sign', async (t) => {
  const made = await Promise.all(Array.from({ length: 520 }, () => keys.generate('ed25519')))
  for (const key of [...made, made[0]!]) {
    const signature = await keys.signer(key).sign(data)
    t.assert.equal(await verifySignature('EdDSA', key.publicKey, data, signature), true)
  }
})
