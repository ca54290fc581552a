import { test } from 'node:test'
import fc from 'fast-check'
import { decodePem, decodePemBlock, encodePem } from '../src/index.ts'

const bytes = Uint8Array.from({ length: 100 }, (_, index) => index)
const block = encodePem('CERTIFICATE', bytes)

test('a block has lines of 64 characters between its labels', (t) => {
  const lines = block.split('\n')
  t.assert.equal(lines[0], '-----BEGIN CERTIFICATE-----')
  t.assert.deepEqual(
    lines.slice(1, -2).map(({ length }) => length),
    [64, 64, 8],
  )
  t.assert.equal(lines.at(-2), '-----END CERTIFICATE-----')
  t.assert.equal(lines.at(-1), '')
})

test('blocks are found among text, with any line ends and white space around lines', (t) => {
  const text = `Bag Attributes\n  friendlyName: x\n${block}subject=CN = x\n\n${encodePem('PRIVATE KEY', bytes.subarray(1))}`
  for (const variant of [text, text.replaceAll('\n', '\r\n'), text.replaceAll('\n', '  \n  '), `\n\n${text}\n\n`]) {
    t.assert.deepEqual(decodePem(variant), [
      { label: 'CERTIFICATE', bytes },
      { label: 'PRIVATE KEY', bytes: bytes.subarray(1) },
    ])
    t.assert.deepEqual(decodePemBlock(variant, 'PRIVATE KEY'), bytes.subarray(1))
  }
})

test('a text without blocks has none', (t) => {
  t.assert.deepEqual(decodePem(''), [])
  t.assert.deepEqual(decodePem('-----BEGIN certificate-----'), [])
  t.assert.throws(() => decodePemBlock('', 'CERTIFICATE'), { name: 'PemError', code: 'missing' })
  t.assert.throws(() => decodePemBlock(block, 'PRIVATE KEY'), { name: 'PemError', code: 'missing' })
})

const malformed: { readonly [what: string]: string } = {
  'no end': block.replace(/-----END.*/, ''),
  'the end of another': block.replace('END CERTIFICATE', 'END PRIVATE KEY'),
  'a block within a block': block.replace('-----END', '-----BEGIN CERTIFICATE-----\n-----END'),
  'a character that is not base64': block.replace('AAEC', '*AEC'),
  'a character too few': block.replace('AAEC', 'AEC'),
  'headers, as encrypted keys of old have them': block.replace('\n', '\nProc-Type: 4,ENCRYPTED\n\n'),
}

for (const [what, text] of Object.entries(malformed)) {
  test(`refused: ${what}`, (t) => {
    t.assert.throws(() => decodePem(text), { name: 'PemError', code: 'malformed' })
  })
}

test('a text of more than 16 MB is refused before it is looked into', (t) => {
  t.assert.throws(() => decodePem('x'.repeat(16 * 1024 * 1024 + 1)), { name: 'PemError', code: 'too_large' })
})

test('any bytes come back', (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 500 }), { maxLength: 4 }), (values) => {
      const text = values.map((value) => encodePem('X509 CRL', value)).join('')
      t.assert.deepEqual(
        decodePem(text),
        values.map((value) => ({ label: 'X509 CRL', bytes: value })),
      )
    }),
  )
})
