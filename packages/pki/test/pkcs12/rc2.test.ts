import { test } from 'node:test'
import { decodeHex } from '@countersign/codec'
import { decryptRc2Cbc } from '../../src/pkcs12/rc2.ts'

// Those of RFC 2268 §5 whose key counts whole. XORed with `lastByte`, what is decrypted ends in a padding of one byte.
for (const [key, plain, encrypted] of [
  ['ffffffffffffffff', 'ffffffffffffffff', '278b27e42e2f0d49'],
  ['3000000000000000', '1000000000000001', '30649edf9be7d2c2'],
  ['88bca90e90875a7f0f79c384627bafb2', '0000000000000000', '2269552ab0f85ca6'],
] as const)
  test(`RC2 of RFC 2268 §5 under ${key}`, async (t) => {
    const lastByte = decodeHex(plain)[7] as number
    const vector = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, lastByte ^ 1)
    const found = await decryptRc2Cbc(decodeHex(key), vector, decodeHex(encrypted))
    t.assert.deepEqual(found, decodeHex(plain).subarray(0, 7))
  })

test('what is no whole number of blocks, or has no padding, does not decrypt', async (t) => {
  const key = decodeHex('88bca90e90875a7f0f79c384627bafb2')
  const block = decodeHex('2269552ab0f85ca6')
  for (const data of [new Uint8Array(0), block.subarray(1), block, new Uint8Array(9)])
    await t.assert.rejects(decryptRc2Cbc(key, new Uint8Array(8), data), { name: 'PkiError', code: 'malformed' })
  for (const padding of [9, 0xff])
    await t.assert.rejects(decryptRc2Cbc(key, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, padding), block), {
      code: 'malformed',
    })
})
