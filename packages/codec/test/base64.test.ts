import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase64, encodeBase64, utf8Bytes, utf8Text } from '../src/index.ts'

// RFC 4648 §10.
for (const [text, base64] of Object.entries({
  '': '',
  f: 'Zg==',
  fo: 'Zm8=',
  foo: 'Zm9v',
  foob: 'Zm9vYg==',
  fooba: 'Zm9vYmE=',
  foobar: 'Zm9vYmFy',
})) {
  test(`"${text}" is "${base64}"`, (t) => {
    t.assert.equal(encodeBase64(utf8Bytes(text)), base64)
    t.assert.equal(utf8Text(decodeBase64(base64)), text)
  })
}

for (const text of [
  'Z',
  'Zg',
  'Zg=',
  'Zh==',
  'Zm9=',
  'Zg==Zg==',
  'Zm9v\n',
  ' Zm9v',
  'Zm9v====',
  '====',
  'Zm-_',
  'Zm9é',
]) {
  test(`${JSON.stringify(text)} is not base64`, (t) => {
    t.assert.throws(() => decodeBase64(text), TypeError)
  })
}

test('any bytes come back, as Node has them too', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 10000 }), (bytes) => {
      t.assert.equal(encodeBase64(bytes), Buffer.from(bytes).toString('base64'))
      t.assert.deepEqual(decodeBase64(encodeBase64(bytes)), bytes)
    }),
  )
})
