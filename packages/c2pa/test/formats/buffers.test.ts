/** Node's Buffer, which is what reading a file gives: an Uint8Array whose `slice` is no copy. */
import { type TestContext, test } from 'node:test'
import { sign } from '../../src/sign/sign.ts'
import { verify } from '../../src/verify/verify.ts'
import { credential, root } from '../credential.ts'
import { samples } from './samples.ts'

const options = { ...(await credential('EdDSA')), claimGenerator: { name: 'Example' } }
const judging = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }

for (const { name, bytes } of await samples()) {
  test(`${name} as a Buffer, in memory and piece by piece, is signed and left as it was`, async (t: TestContext) => {
    const buffer = Buffer.from(bytes)
    const { asset } = await sign(buffer, options)
    t.assert.deepEqual(new Uint8Array(buffer), new Uint8Array(bytes))
    t.assert.equal((await verify(Buffer.from(asset), judging)).state, 'Trusted')
    const read = async (start: number, end: number) => buffer.subarray(start, end)
    const signed = (await sign({ size: buffer.length, read }, options)).asset
    t.assert.deepEqual(new Uint8Array(buffer), new Uint8Array(bytes))
    t.assert.equal((await verify(signed, judging)).state, 'Trusted')
  })
}
