import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { type MlDsa, mlDsaPrivateKeyAs, PkiError } from '../../src/index.ts'
import { MlDsaPrivateKey } from '../../src/private-key/ml-dsa-private-key.ts'
import { PrivateKeyInfo } from '../../src/private-key/private-key-info.ts'
import { refusesMalformed } from '../malformed.ts'

function newKey(name: MlDsa): KeyObject {
  return generateKeyPairSync(name.toLowerCase() as 'ml-dsa-44').privateKey
}
const pkcs8 = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }))

for (const [name, expandedLength] of [
  ['ML-DSA-44', 2560],
  ['ML-DSA-65', 4032],
  ['ML-DSA-87', 4896],
] as const)
  test(`${name}: OpenSSL reads the seed, the expanded key, and both`, (t: TestContext) => {
    const key = newKey(name)
    const lengths = { seed: 32, expandedKey: expandedLength, both: 32 + expandedLength }
    for (const form of ['seed', 'expandedKey', 'both'] as const) {
      const bytes = mlDsaPrivateKeyAs(form, pkcs8(key))
      const { type, value } = MlDsaPrivateKey.decode(PrivateKeyInfo.decode(bytes).privateKey)
      t.assert.equal(type, form)
      t.assert.equal(
        value instanceof Uint8Array ? value.length : value.seed.length + value.expandedKey.length,
        lengths[form],
      )
      const read = createPrivateKey({ key: Buffer.from(bytes), format: 'der', type: 'pkcs8' })
      t.assert.ok(read.equals(key), form)
      t.assert.equal(read.asymmetricKeyType, name.toLowerCase())
    }
    t.assert.deepEqual(mlDsaPrivateKeyAs('both', pkcs8(key)), pkcs8(key))
  })

test('what is none of it, or has one part alone, is refused', (t: TestContext) => {
  const whole = pkcs8(newKey('ML-DSA-44'))
  const ed25519 = pkcs8(generateKeyPairSync('ed25519').privateKey)
  t.assert.throws(() => mlDsaPrivateKeyAs('seed', ed25519), { code: 'invalid_argument' })
  t.assert.throws(() => mlDsaPrivateKeyAs('both', mlDsaPrivateKeyAs('seed', whole)), { code: 'unsupported' })
  const info = PrivateKeyInfo.decode(whole)
  const having = (value: { seed: Uint8Array; expandedKey: Uint8Array }) =>
    PrivateKeyInfo.encode({ ...info, privateKey: MlDsaPrivateKey.encode({ type: 'both', value }) })
  for (const [seed, expandedKey] of [
    [31, 2560],
    [32, 2559],
    [32, 4032],
  ] as const) {
    const broken = having({ seed: new Uint8Array(seed), expandedKey: new Uint8Array(expandedKey) })
    t.assert.throws(
      () => mlDsaPrivateKeyAs('seed', broken),
      (error) => error instanceof PkiError && error.code === 'malformed',
    )
  }
  const short = MlDsaPrivateKey.encode({
    type: 'both',
    value: { seed: new Uint8Array(32), expandedKey: new Uint8Array(40) },
  })
  refusesMalformed(t, short, (candidate) => MlDsaPrivateKey.decode(candidate))
})
