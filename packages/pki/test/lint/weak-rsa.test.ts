import { generateKeyPairSync } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { RsaPublicKey } from '../../src/crypto/public-key.ts'
import { lintPublicKey, PublicKey } from '../../src/index.ts'
import { hasClosePrimes } from '../../src/lint/close-primes.ts'
import { hasRocaFingerprint } from '../../src/lint/roca.ts'
import { CLOSE, FARTHER, NEAR, ROCA } from './weak-rsa.ts'

/** That of the authors' own test, github.com/crocs-muni/roca. */
const PUBLISHED = BigInt(
  '0x944e13208a280c37efc31c3114485e590192adbb8e11c87cad60cdef0037ce99278330d3f471a2538fa667802ed2a3c44a8b7dea826e888d0aa341fd664f7fa7',
)

test('the keys of the broken generator are known by their fingerprint', (t) => {
  t.assert.equal(hasRocaFingerprint(PUBLISHED), true)
  t.assert.equal(hasRocaFingerprint(ROCA), true)
  for (const other of [CLOSE, NEAR, FARTHER, ROCA + 2n, PUBLISHED + 2n])
    t.assert.equal(hasRocaFingerprint(other), false)
})

test('primes that lie close together are found', (t) => {
  for (const modulus of [CLOSE, NEAR, 10007n * 10009n, 10007n * 10007n, 3n * 5n])
    t.assert.equal(hasClosePrimes(modulus), true)
  for (const modulus of [FARTHER, ROCA]) t.assert.equal(hasClosePrimes(modulus), false)
})

test('a key as they are made has nothing of it', (t: TestContext) => {
  for (let round = 0; round < 3; round++) {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const key = PublicKey.decode(new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })))
    t.assert.deepEqual(lintPublicKey(key), [])
    t.assert.ok(RsaPublicKey.decode(key.key).modulus > 0n)
  }
})
