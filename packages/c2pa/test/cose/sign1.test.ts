import { type TestContext, test } from 'node:test'
import { decodeHex, encodeHex } from '@countersign/codec'
import { CborTag, type CborValue } from '../../src/cbor.ts'
import { encodeCbor } from '../../src/cbor-encode.ts'
import {
  coseAlgorithm,
  coseAlgorithmNumber,
  decodeCoseSign1,
  encodeCoseSign1,
  signatureStructure,
  timeStampPayload,
} from '../../src/cose/sign1.ts'
import { refuses, refusesMalformed } from '../malformed.ts'

const protectedBytes = encodeCbor(
  new Map<CborValue, CborValue>([
    [1, -7],
    [33, [new Uint8Array(40), new Uint8Array(30)]],
  ]),
)
const sign1 = {
  protectedBytes,
  unprotectedHeader: new Map([['rVals', { ocspVals: [new Uint8Array(9)] }]]),
  signature: new Uint8Array(64).fill(5),
}

/** cose-wg/Examples, sign1-tests/sign-pass-02: ES256 with external data and an attached payload. */
const EXAMPLE =
  'D28443A10126A10442313154546869732069732074686520636F6E74656E742E584010729CD711CB3813D8D8E944A8DA7111E7B258C9BDCA6135F7AE1ADBEE9509891267837E1E33BD36C150326AE62755C6BD8E540C3E8F92D7D225E8DB72B8820B'

test('an example of the COSE working group', (t: TestContext) => {
  const read = decodeCoseSign1(decodeHex(EXAMPLE))
  t.assert.equal(coseAlgorithm(read.protectedHeader.get(1)), 'ES256')
  t.assert.deepEqual(read.unprotectedHeader.get(4), Uint8Array.of(0x31, 0x31))
  t.assert.equal(new TextDecoder().decode(read.payload ?? undefined), 'This is the content.')
  t.assert.equal(read.signature.length, 64)
})

test('what is signed, and what a time stamp covers', (t: TestContext) => {
  // cose-wg/Examples sign-pass-01 has this ToBeSign_hex, of an empty protected header.
  t.assert.equal(
    encodeHex(signatureStructure('Signature1', new Uint8Array(), new TextEncoder().encode('This is the content.'))),
    '846a5369676e61747572653140405454686973206973207468652063' + '6f6e74656e742e',
  )
  t.assert.equal(encodeHex(timeStampPayload(Uint8Array.of(1, 2))), '420102')
})

test('algorithms by their numbers', (t: TestContext) => {
  for (const name of ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'EdDSA'] as const)
    t.assert.equal(coseAlgorithm(coseAlgorithmNumber(name)), name)
  t.assert.equal(coseAlgorithm(-257), undefined)
  t.assert.equal(coseAlgorithm('ES256'), undefined)
})

test('padding fills any length, past the jumps in the length of lengths too', (t: TestContext) => {
  const bare = encodeCoseSign1(sign1).length
  for (const more of [
    ...Array.from({ length: 300 }, (_, index) => index + 5),
    ...Array.from({ length: 20 }, (_, index) => 65_530 + index),
  ]) {
    const padded = encodeCoseSign1(sign1, bare + more)
    t.assert.equal(padded.length, bare + more)
    const read = decodeCoseSign1(padded)
    t.assert.deepEqual(read.signature, sign1.signature)
    for (const name of ['pad', 'pad2']) {
      const padding = read.unprotectedHeader.get(name)
      t.assert.ok(padding === undefined || (padding as Uint8Array).every((byte) => byte === 0))
    }
  }
  t.assert.equal(encodeCoseSign1(sign1, bare).length, bare)
  for (const length of [bare - 1, bare + 1, bare + 4])
    t.assert.ok(refuses(() => encodeCoseSign1(sign1, length), `${length}`))
})

test('malformed in every way', (t: TestContext) => {
  refusesMalformed(encodeCoseSign1(sign1), decodeCoseSign1)
  const refused = (value: CborValue) => t.assert.ok(refuses(() => decodeCoseSign1(encodeCbor(value)), String(value)))
  const fields = [protectedBytes, {}, null, new Uint8Array(64)] as const
  refused(new CborTag(17, fields))
  refused(new CborTag(18, fields.slice(0, 3)))
  refused([...fields, 1])
  refused([{}, {}, null, new Uint8Array()])
  refused([encodeCbor([1]), {}, null, new Uint8Array()])
  refused([protectedBytes, [], null, new Uint8Array()])
  refused([protectedBytes, {}, 1, new Uint8Array()])
  refused([protectedBytes, {}, null, 'signature'])
  refused(18)
})
