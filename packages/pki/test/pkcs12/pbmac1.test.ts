import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { Certificate, commonName, decodePkcs12 } from '../../src/index.ts'

function vector(number: number): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../vectors/pkcs12/rfc9579-a${number}.p12`, import.meta.url)))
}

for (const number of [1, 2, 3])
  test(`the file of RFC 9579 A.${number} is read`, async (t: TestContext) => {
    const { certificate, privateKey } = await decodePkcs12(vector(number), '1234')
    t.assert.equal(commonName(Certificate.decode(certificate).subject), 'tt')
    t.assert.ok(privateKey.length > 1000)
    await t.assert.rejects(decodePkcs12(vector(number), '1235'), { code: 'wrong_password' })
  })

for (const number of [4, 5])
  test(`the file of RFC 9579 A.${number} is not let through`, async (t: TestContext) => {
    await t.assert.rejects(decodePkcs12(vector(number), '1234'), { code: 'wrong_password' })
  })

test('the file of RFC 9579 A.6 leaves the length of the key open', async (t: TestContext) => {
  await t.assert.rejects(decodePkcs12(vector(6), '1234'), { code: 'malformed', message: /key of the MAC of 0 bytes/ })
})
