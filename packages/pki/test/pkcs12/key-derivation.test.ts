import { test } from 'node:test'
import { decodeHex } from '@countersign/codec'
import { deriveKey, type KeyPurpose } from '../../src/pkcs12/key-derivation.ts'

// The examples that go around with S. N. Henson's notes on PKCS#12, which every implementation is held against.
const vectors: readonly (readonly [string, KeyPurpose, string, number, string])[] = [
  ['smeg', 'key', '0a58cf64530d823f', 1, '8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3'],
  ['smeg', 'initialization vector', '0a58cf64530d823f', 1, '79993dfe048d3b76'],
  ['smeg', 'key', '642b99ab44fb4b1f', 1, 'f3a95fec48d7711e985cfe67908c5ab79fa3d7c5caa5d966'],
  ['smeg', 'initialization vector', '642b99ab44fb4b1f', 1, 'c0a38d64a79bea1d'],
  ['smeg', 'mac', '3d83c0e4546ac140', 1, '8d967d88f6caa9d714800ab3d48051d63f73a312'],
  ['queeg', 'key', '05dec959acff72f7', 1000, 'ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4'],
  ['queeg', 'initialization vector', '05dec959acff72f7', 1000, '11dedad7758d4860'],
  ['queeg', 'key', '1682c0fc5b3f7ec5', 1000, '483dd6e919d7de2e8e648ba8f862f3fbfbdc2bcb2c02957f'],
  ['queeg', 'initialization vector', '1682c0fc5b3f7ec5', 1000, '9d461d1b00355c50'],
  ['queeg', 'mac', '263216fcc2fab31c', 1000, '5ec4c7a80df652294c3925b6489a7ab857c83476'],
]

for (const [password, purpose, salt, iterations, expected] of vectors)
  test(`${purpose} of ${password} with ${salt}`, async (t) => {
    const key = decodeHex(expected)
    const derived = await deriveKey({
      hash: 'sha1',
      purpose,
      password,
      salt: decodeHex(salt),
      iterations,
      length: key.length,
    })
    t.assert.deepEqual(derived, key)
  })
