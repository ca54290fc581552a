import { type TestContext, test } from 'node:test'
import { utf8Bytes } from '@countersign/codec'
import { CborTag, type CborValue } from '../../src/cbor.ts'
import { encodeCbor } from '../../src/cbor-encode.ts'
import { identityJson } from '../../src/report/identity-json.ts'
import { credential } from '../credential.ts'

const { certificates } = await credential()

function sign1(header: ReadonlyMap<CborValue, CborValue>, payload: Uint8Array | null): Uint8Array {
  return encodeCbor(new CborTag(18, [encodeCbor(header), {}, payload, new Uint8Array(64)]))
}

const byCertificate = {
  signer_payload: { referenced_assertions: [], sig_type: 'cawg.x509.cose' },
  signature: sign1(
    new Map<CborValue, CborValue>([
      [1, -7],
      [33, certificates],
    ]),
    null,
  ),
  pad1: new Uint8Array(8),
}

const byAggregator = (text: string) => ({
  signer_payload: { referenced_assertions: [], sig_type: 'cawg.identity_claims_aggregation' },
  signature: sign1(new Map<CborValue, CborValue>([[1, -8]]), utf8Bytes(text)),
})

test('of a certificate it is told whose it is', (t: TestContext) => {
  const json = identityJson(byCertificate) ?? {}
  t.assert.deepEqual(Object.keys(json), ['signer_payload', 'signature_info'])
  t.assert.equal((json.signature_info as { alg: string }).alg, 'Es256')
})

test('a credential stands beside what it says of its subject, hashes as text', (t: TestContext) => {
  const json = identityJson(
    byAggregator('{"issuer":"did:x","credentialSubject":{"c2paAsset":{"url":"u","hash":[65,81,61,61]}}}'),
  )
  t.assert.equal(JSON.stringify(json), '{"issuer":"did:x","c2paAsset":{"url":"u","hash":"AQ=="}}')
})

test('a credential has the issuer that it has, whatever it says of its subject', (t: TestContext) => {
  const json = identityJson(byAggregator('{"issuer":"did:x","credentialSubject":{"issuer":"did:y","id":"z"}}'))
  t.assert.deepEqual({ ...json }, { issuer: 'did:x', id: 'z' })
})

test('what can not be read so is shown as it is', (t: TestContext) => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  for (const text of ['', '[]', 'null', '{', `{"a":${deep}}`, '{"hash":[255],"url":"x","credentialSubject":[]}'])
    t.assert.doesNotThrow(() => identityJson(byAggregator(text)), text.slice(0, 20))
  t.assert.equal(identityJson(byAggregator(`{"a":${deep}}`)), undefined)
  for (const value of [undefined, null, 1, {}, { signature: 1 }, { signature: new Uint8Array() }])
    t.assert.equal(identityJson(value as CborValue), undefined)
  const { signature } = byCertificate
  for (let end = 0; end < signature.length; end++)
    t.assert.equal(identityJson({ ...byCertificate, signature: signature.subarray(0, end) }), undefined)
})

test('flipped bits never make it throw', (t: TestContext) => {
  const { signature } = byCertificate
  for (let bit = 0; bit < signature.length * 8; bit += 3) {
    const flipped = signature.slice()
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
    t.assert.doesNotThrow(() => JSON.stringify(identityJson({ ...byCertificate, signature: flipped })))
  }
})
