import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { concatBytes, decodePem, utf8Bytes } from '@countersign/codec'
import { checkSignable, detectFormat } from '../../src/formats/detect.ts'
import { verify } from '../../src/verify/verify.ts'
import { failuresOf, readWithC2paRs } from '../c2pa-rs.ts'
import { root } from '../credential.ts'
import { inspect } from '../inspect.ts'
import { survivesFlips } from '../malformed.ts'
import { CREATED, forge, manifestLabel } from '../verify/forge.ts'

const folder = new URL('../../../../test/vectors/c2pa/', import.meta.url)
const anchorsPem = readFileSync(new URL('trust/vectors-root.pem', folder), 'utf8')
const trust = decodePem(anchorsPem).map(({ bytes }) => bytes)
const store = inspect(new Uint8Array(readFileSync(new URL('ok-png.png', folder))))?.manifestStore?.bytes as Uint8Array

test('a store alone is read, and what it binds to is not there', async (t: TestContext) => {
  t.assert.equal(detectFormat(store), 'application/c2pa')
  t.assert.throws(() => checkSignable(store), { code: 'unsupported_format' })
  const report = await verify(store, { trust, tsaTrust: [], now: new Date('2026-11-23T00:00:00Z') })
  t.assert.equal(report.state, 'Invalid')
  t.assert.equal(report.format, 'application/c2pa')
  const failures = report.findings.filter(({ kind }) => kind === 'failure').map(({ code }) => code)
  t.assert.deepEqual(failures, ['assertion.dataHash.mismatch'])
  const judged = await readWithC2paRs(store, 'application/c2pa', anchorsPem)
  t.assert.deepEqual(
    failuresOf(judged).map((failure) => failure.split(' ')[0]),
    failures,
  )
})

test('a hash of nothing binds to nothing', async (t: TestContext) => {
  const emptyHash = Buffer.from('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex')
  let length = 1000
  let bare: Uint8Array
  for (;;) {
    const hash = new Uint8Array(emptyHash)
    const dataHash = { exclusions: [{ start: 0, length }], alg: 'sha256', hash, pad: new Uint8Array() }
    const asset = await forge([
      {
        label: manifestLabel(1),
        assertions: [
          ['c2pa.hash.data', () => dataHash],
          ['c2pa.actions.v2', () => CREATED],
        ],
      },
    ])
    bare = inspect(asset)?.manifestStore?.bytes as Uint8Array
    if (bare.length === length) break
    length = bare.length
  }
  const report = await verify(bare, { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() })
  t.assert.equal(report.state, 'Invalid')
  t.assert.ok(report.findings.some(({ code }) => code === 'assertion.dataHash.mismatch'))
})

test('only a manifest store is one, and what is malformed has a report', async (t: TestContext) => {
  t.assert.equal(detectFormat(store.subarray(0, 31)), undefined)
  t.assert.equal(detectFormat(concatBytes([store.subarray(0, 4), utf8Bytes('free'), store.subarray(8)])), undefined)
  const long = concatBytes([
    Uint8Array.of(
      0,
      0,
      0,
      1,
      ...utf8Bytes('jumb'),
      0,
      0,
      0,
      0,
      0,
      0,
      (store.length + 8) >> 8,
      (store.length + 8) & 0xff,
    ),
    store.subarray(8),
  ])
  t.assert.equal(detectFormat(long), 'application/c2pa')
  const report = await verify(store.subarray(0, 200), { trust, tsaTrust: [], now: new Date() })
  t.assert.deepEqual(
    report.findings.map(({ code }) => code),
    ['general.error'],
  )
  survivesFlips(store.subarray(0, 40), inspect)
})
