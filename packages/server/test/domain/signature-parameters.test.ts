import { type TestContext, test } from 'node:test'
import { signatureParameters } from '../../src/domain/signature-parameters.ts'

const PSS = '1.2.840.113549.1.1.10'
const ES256 = '1.2.840.10045.4.3.2'
const ES384 = '1.2.840.10045.4.3.3'
const ES512 = '1.2.840.10045.4.3.4'
const ED25519 = '1.3.101.112'
const ANY = 'MTIzNDQ='

// RSASSA-PSS-params as OpenSSL writes them: SHA-256, MGF1 with SHA-256, salt 32; and the same for SHA-384, salt 48.
const PSS_SHA256 = 'MDCgDTALBglghkgBZQMEAgGhGjAYBgkqhkiG9w0BAQgwCwYJYIZIAWUDBAIBogMCASA='
const PSS_SHA256_NULL = 'MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEg'
const PSS_SHA384_NULL = 'MDSgDzANBglghkgBZQMEAgIFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgIFAKIDAgEw'

const HASH = { code: 'invalid_request', message: 'Invalid parameter hashAlgo.' }
const ALGORITHM = { message: 'Missing (or invalid type) string parameter signAlgo.' }
const PARAMETERS = { message: 'Missing (or invalid type) string parameter signAlgoParams.' }

test('each signature algorithm with its hash gives the algorithm and the keys that can', (t: TestContext) => {
  for (const [hashAlgo, signAlgo, algorithm, keyType] of [
    ['SHA256', PSS, 'PS256', 'rsa2048'],
    ['SHA-384', PSS, 'PS384', 'rsa3072'],
    ['sha512', PSS, 'PS512', 'rsa4096'],
    [' sha-256 ', ES256, 'ES256', 'p256'],
    ['SHA384', ES384, 'ES384', 'p384'],
    ['SHA-512', ` ${ES512} `, 'ES512', 'p521'],
    ['SHA256', ED25519, 'EdDSA', 'ed25519'],
    ['SHA512', ED25519, 'EdDSA', 'ed25519'],
  ] as const) {
    const parameters = signatureParameters({ hashAlgo, signAlgo, signAlgoParams: ANY })
    t.assert.equal(parameters.algorithm, algorithm)
    t.assert.ok(parameters.keyTypes.includes(keyType))
  }
})

test('a hash that is none, or another than that of the ECDSA algorithm, is an invalid hashAlgo', (t: TestContext) => {
  for (const hashAlgo of [undefined, '', 'SHA1', 'SHA-224', 'MD5', 'SHA3-256', 'SHA--256', 'SHA256 SHA512', 'null']) {
    t.assert.throws(() => signatureParameters({ hashAlgo, signAlgo: PSS, signAlgoParams: ANY }), HASH)
  }
  for (const [hashAlgo, signAlgo] of [
    ['SHA384', ES256],
    ['SHA256', ES384],
    ['SHA256', ES512],
  ] as const) {
    t.assert.throws(() => signatureParameters({ hashAlgo, signAlgo, signAlgoParams: ANY }), HASH)
  }
})

test('a signAlgo that is no known object identifier is refused in its words', (t: TestContext) => {
  for (const signAlgo of [
    undefined,
    '',
    'ES256',
    'RSASSA-PSS',
    '1.2.840.113549.1.1.11',
    '1.2.840.113549.1.1.5',
    'constructor',
  ]) {
    t.assert.throws(() => signatureParameters({ hashAlgo: 'SHA256', signAlgo, signAlgoParams: ANY }), ALGORITHM)
  }
})

test('signAlgoParams are the documented placeholder or DER that agrees', (t: TestContext) => {
  for (const signAlgoParams of [ANY, PSS_SHA256, PSS_SHA256_NULL]) {
    t.assert.equal(signatureParameters({ hashAlgo: 'SHA256', signAlgo: PSS, signAlgoParams }).algorithm, 'PS256')
  }
  t.assert.equal(
    signatureParameters({ hashAlgo: 'SHA384', signAlgo: PSS, signAlgoParams: PSS_SHA384_NULL }).algorithm,
    'PS384',
  )
  t.assert.equal(
    signatureParameters({ hashAlgo: 'SHA256', signAlgo: ES256, signAlgoParams: 'BQA=' }).algorithm,
    'ES256',
  )
})

test('signAlgoParams that are missing, malformed, of another hash or salt, or of another algorithm are refused', (t: TestContext) => {
  const wrong = [
    undefined,
    '',
    'MTIzNDU=',
    'not base64!',
    'BQA=',
    'MAA=', // the defaults: SHA-1
    PSS_SHA384_NULL,
    PSS_SHA256.slice(0, -4),
    'MDCgDTALBglghkgBZQMEAgGhGjAYBgkqhkiG9w0BAQgwCwYJYIZIAWUDBAIBogMCARQ=', // salt 20
    'A'.repeat(100_000),
  ]
  for (const signAlgoParams of wrong) {
    t.assert.throws(() => signatureParameters({ hashAlgo: 'SHA256', signAlgo: PSS, signAlgoParams }), PARAMETERS)
  }
  for (const signAlgoParams of [undefined, '', PSS_SHA256, 'BQAA']) {
    t.assert.throws(() => signatureParameters({ hashAlgo: 'SHA256', signAlgo: ES256, signAlgoParams }), PARAMETERS)
    t.assert.throws(() => signatureParameters({ hashAlgo: 'SHA256', signAlgo: ED25519, signAlgoParams }), PARAMETERS)
  }
  const whole = Buffer.from(PSS_SHA256, 'base64')
  for (let length = 0; length < whole.length; length++) {
    const signAlgoParams = whole.subarray(0, length).toString('base64')
    t.assert.throws(() => signatureParameters({ hashAlgo: 'SHA256', signAlgo: PSS, signAlgoParams }), PARAMETERS)
  }
})
