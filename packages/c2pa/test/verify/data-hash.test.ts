/** Where the exclusion of a data hash may end in formats that pad: as the format has it, and nowhere else. */
import { type TestContext, test } from 'node:test'
import { concatBytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import type { Container } from '../../src/formats/asset-format.ts'
import { verify } from '../../src/verify/verify.ts'
import { readWithC2paRs } from '../c2pa-rs.ts'
import { riffChunk, riffFile, silence } from '../chunks.ts'
import { root, rootPem } from '../credential.ts'
import { inspect } from '../inspect.ts'
import { CREATED, forge, manifestLabel } from './forge.ts'

const wav = riffFile('WAVE', ...silence, riffChunk('note', Uint8Array.of(1, 2)))

const containerOf = (asset: Uint8Array): Container =>
  inspect(asset)?.manifestStore?.container ?? { start: 0, length: 0 }

/** Signed, with an exclusion that is so much longer than the container; `name` makes the store longer by a byte each. */
const excluding = (more: number, name: string, start = 0) =>
  forge(
    [
      {
        label: manifestLabel(1),
        assertions: [
          [
            'c2pa.hash.data',
            ({ placed }) => {
              const container = containerOf(placed)
              const range = { start: container.start + start, length: container.length - start + more }
              const outside = [placed.subarray(0, range.start), placed.subarray(range.start + range.length)]
              const hash = digest('sha256', concatBytes(outside))
              return { exclusions: [range], alg: 'sha256', hash, name, pad: new Uint8Array() }
            },
          ],
          ['c2pa.actions.v2', () => CREATED],
        ],
      },
    ],
    undefined,
    wav,
  )

async function verdict(asset: Uint8Array): Promise<string> {
  const { state, findings } = await verify(asset, { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() })
  return `${state} ${findings.map(({ code }) => code).find((code) => code.startsWith('assertion.dataHash'))}`
}

test('padding may be left out of the hash, or be in it', async (t: TestContext) => {
  for (const name of ['ab', 'abc']) {
    const plain = await excluding(0, name)
    const { padding = 0, length } = containerOf(plain)
    t.assert.equal(padding, length & 1)
    t.assert.equal(await verdict(plain), 'Trusted assertion.dataHash.match')
    t.assert.equal((await readWithC2paRs(plain, 'audio/wav', rootPem)).validation_state, 'Trusted')
    const padded = padding === 1 ? 'Trusted assertion.dataHash.match' : 'Invalid assertion.dataHash.mismatch'
    t.assert.equal(await verdict(await excluding(1, name)), padded)
    t.assert.equal(await verdict(await excluding(2, name)), 'Invalid assertion.dataHash.mismatch')
    t.assert.equal(await verdict(await excluding(-1, name)), 'Invalid assertion.dataHash.mismatch')
    t.assert.equal(await verdict(await excluding(0, name, -1)), 'Invalid assertion.dataHash.mismatch')
    t.assert.equal(await verdict(await excluding(0, name, 8)), 'Invalid assertion.dataHash.mismatch')
  }
})

test('padding that is left out must be zero', async (t: TestContext) => {
  const names = ['ab', 'abc']
  const made = await Promise.all(names.map((name) => excluding(0, name)))
  const odd = names[made.findIndex((asset) => containerOf(asset).padding === 1)] ?? ''
  const signed = await excluding(1, odd)
  t.assert.equal(await verdict(signed), 'Trusted assertion.dataHash.match')
  const { start, length } = containerOf(signed)
  signed[start + length] = 1
  t.assert.equal(await verdict(signed), 'Invalid assertion.dataHash.mismatch')
})
