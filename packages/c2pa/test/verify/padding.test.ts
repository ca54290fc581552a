import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { concatBytes, decodePem, utf8Bytes } from '@countersign/codec'
import { encodeBox } from '../../src/jumbf/box.ts'
import type { Report } from '../../src/report/report.ts'
import { verify } from '../../src/verify/verify.ts'
import { root } from '../credential.ts'
import { CREATED, forge, manifestLabel } from './forge.ts'

const folder = new URL('../../../../test/vectors/c2pa/', import.meta.url)
const trust = [
  root.certificate.bytes,
  ...decodePem(readFileSync(new URL('trust/vectors-root.pem', folder), 'utf8')).map(({ bytes }) => bytes),
]
const judge = (asset: Uint8Array): Promise<Report> => verify(asset, { trust, tsaTrust: [], now: new Date() })

/** A box more at the end of the manifest, where no hash reaches. */
const withBox = (box: Uint8Array): Promise<Uint8Array> =>
  forge([
    {
      label: manifestLabel(1),
      assertions: [
        ['c2pa.actions.v2', () => CREATED],
        ['c2pa.hash.data', ({ dataHash }) => dataHash],
      ],
      stored: (manifest) => encodeBox('jumb', manifest.subarray(8), box),
    },
  ])

test('free boxes hold zeros and nothing else', async (t: TestContext) => {
  t.assert.equal((await judge(await withBox(encodeBox('free', new Uint8Array(40))))).state, 'Trusted')
  for (const box of [encodeBox('free', utf8Bytes('hidden')), encodeBox('skip', Uint8Array.of(0, 0, 1))]) {
    const { state, findings } = await judge(await withBox(box))
    t.assert.equal(state, 'Invalid')
    t.assert.ok(findings.some(({ code }) => code === 'assertion.dataHash.mismatch'))
  }
})

test('the padding of a signature holds zeros and nothing else', async (t: TestContext) => {
  const asset = new Uint8Array(readFileSync(new URL('ok-png.png', folder)))
  const options = { trust, tsaTrust: [], now: new Date('2026-11-23T00:00:00Z') }
  t.assert.equal((await verify(asset, options)).state, 'Trusted')
  const zeros = concatBytes([utf8Bytes('cpadY'), Uint8Array.of(0x10)])
  const start = Buffer.from(asset).indexOf(zeros) + zeros.length
  const changed = asset.slice()
  changed[start + 1000] = 1
  const { state, findings } = await verify(changed, options)
  t.assert.equal(state, 'Invalid')
  t.assert.ok(findings.some(({ code }) => code === 'assertion.dataHash.mismatch'))
})
