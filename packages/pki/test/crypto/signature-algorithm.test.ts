import { test } from 'node:test'
import { decodeHex, encodeHex } from '@countersign/codec'
import { AlgorithmIdentifier } from '../../src/crypto/algorithm-identifier.ts'
import { ecdsaSignatureFromRaw, ecdsaSignatureToRaw } from '../../src/crypto/ecdsa-signature.ts'
import type { SignatureAlgorithm } from '../../src/crypto/port.ts'
import { signatureAlgorithmFrom, signatureAlgorithmIdentifier } from '../../src/crypto/signature-algorithm.ts'
import { PkiError } from '../../src/error.ts'

// The bytes that OpenSSL 3.0 writes into certificates signed with each.
const written: { readonly [A in SignatureAlgorithm]: string } = {
  ES256: '300a06082a8648ce3d040302',
  ES384: '300a06082a8648ce3d040303',
  ES512: '300a06082a8648ce3d040304',
  RS256: '300d06092a864886f70d01010b0500',
  RS384: '300d06092a864886f70d01010c0500',
  RS512: '300d06092a864886f70d01010d0500',
  PS256:
    '304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120',
  PS384:
    '304106092a864886f70d01010a3034a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130',
  PS512:
    '304106092a864886f70d01010a3034a00f300d06096086480165030402030500a11c301a06092a864886f70d010108300d06096086480165030402030500a203020140',
  EdDSA: '300506032b6570',
  // Those of OpenSSL 3.5.
  'ML-DSA-44': '300b0609608648016503040311',
  'ML-DSA-65': '300b0609608648016503040312',
  'ML-DSA-87': '300b0609608648016503040313',
}

for (const [algorithm, hex] of Object.entries(written) as [SignatureAlgorithm, string][]) {
  test(`${algorithm} as an AlgorithmIdentifier and back`, (t) => {
    t.assert.equal(encodeHex(AlgorithmIdentifier.encode(signatureAlgorithmIdentifier(algorithm))), hex)
    t.assert.equal(signatureAlgorithmFrom(AlgorithmIdentifier.decode(decodeHex(hex))), algorithm)
  })
}

const refused: { readonly [what: string]: string } = {
  sha1WithRSAEncryption: '300d06092a864886f70d0101050500',
  md5WithRSAEncryption: '300d06092a864886f70d0101040500',
  'ecdsa-with-SHA1': '300906072a8648ce3d0401',
  'ecdsa-with-SHA256 with NULL': '300c06082a8648ce3d0403020500',
  'RSASSA-PSS without parameters, which mean SHA-1': '300b06092a864886f70d01010a',
  'RSASSA-PSS with empty parameters': '300d06092a864886f70d01010a3000',
  'RSASSA-PSS with MGF1 of another hash':
    '304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020120',
  'RSASSA-PSS with a short salt':
    '304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020114',
}

for (const [what, hex] of Object.entries(refused)) {
  test(`${what} is no signature algorithm here`, (t) => {
    t.assert.equal(signatureAlgorithmFrom(AlgorithmIdentifier.decode(decodeHex(hex))), undefined)
  })
}

test('ECDSA signatures turn from DER to r and s and back', (t) => {
  const raw = decodeHex(`00${'11'.repeat(31)}${'ff'.repeat(32)}`)
  t.assert.deepEqual(ecdsaSignatureToRaw(ecdsaSignatureFromRaw(raw), 32), raw)
  t.assert.equal(encodeHex(ecdsaSignatureFromRaw(decodeHex('0080'))), '3007020100' + '02020080')
})

test('ECDSA signatures that fit no curve are refused', (t) => {
  t.assert.throws(() => ecdsaSignatureToRaw(ecdsaSignatureFromRaw(new Uint8Array(66).fill(1)), 32), PkiError)
  t.assert.throws(() => ecdsaSignatureToRaw(decodeHex('30060201ff020101'), 32), PkiError)
  t.assert.throws(() => ecdsaSignatureToRaw(decodeHex('3003020101'), 32), PkiError)
  t.assert.throws(() => ecdsaSignatureToRaw(decodeHex('300602010102010100'), 32), PkiError)
  for (const length of [0, 63, 134]) t.assert.throws(() => ecdsaSignatureFromRaw(new Uint8Array(length)), PkiError)
})
