import { type TestContext, test } from 'node:test'
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import type { CborValue } from '../../src/cbor.ts'
import { encodeBox } from '../../src/jumbf/box.ts'
import {
  COMPRESSED_MANIFEST,
  MANIFEST_STORE,
  OLDER_MANIFEST,
  TIME_STAMP_MANIFEST,
} from '../../src/jumbf/content-type.ts'
import { contentOf, decodeSuperbox, encodeSuperbox } from '../../src/jumbf/superbox.ts'
import { type VerifyOptions, verify } from '../../src/verify/verify.ts'
import { readWithC2paRs } from '../c2pa-rs.ts'
import { root, rootPem } from '../credential.ts'
import { CREATED, type ForgedManifest, forge, manifestLabel, tampered } from './forge.ts'

const options: VerifyOptions = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }

/** A box as C2PA 2.2 §11.2.4 has it. */
const compressedAs =
  (label: string, ...more: Uint8Array[]) =>
  (content: Uint8Array): Uint8Array =>
    encodeSuperbox(
      { type: COMPRESSED_MANIFEST, label, requestable: true },
      encodeBox('brob', new Uint8Array(brotliCompressSync(content))),
      ...more,
    )

const standard = (number: number, stored?: ForgedManifest['stored']): ForgedManifest => ({
  label: manifestLabel(number),
  assertions: [
    ['c2pa.hash.data', ({ dataHash }) => dataHash],
    ['c2pa.actions.v2', () => CREATED],
  ],
  ...(stored ? { stored } : {}),
})

const RESULTS: CborValue = { activeManifest: { success: [], informational: [], failure: [] } }
const update = (number: number, below: number, stored?: ForgedManifest['stored']): ForgedManifest => ({
  label: manifestLabel(number),
  isUpdate: true,
  assertions: [
    [
      'c2pa.ingredient.v3',
      ({ reference }) => ({
        relationship: 'parentOf',
        activeManifest: reference(manifestLabel(below)),
        validationResults: RESULTS,
      }),
    ],
  ],
  ...(stored ? { stored } : {}),
})

const failuresOf = (report: Awaited<ReturnType<typeof verify>>): string[] =>
  [...report.findings, ...report.ingredientDeltas.flatMap(({ findings }) => findings)]
    .filter(({ kind }) => kind === 'failure')
    .map(({ code }) => code)

test('a compressed manifest is verified as what it holds', async (t: TestContext) => {
  const report = await verify(await forge([standard(1, compressedAs(manifestLabel(1)))]), options)
  t.assert.deepEqual([report.state, failuresOf(report)], ['Trusted', []])
  t.assert.equal(report.manifests[0]?.isCompressed, true)
  t.assert.equal(report.manifests[0]?.assertions.length, 2)
})

test('c2pa-rs reads what is compressed here', async (t: TestContext) => {
  const asset = await forge([standard(1, compressedAs(manifestLabel(1)))])
  const report = await readWithC2paRs(asset, 'image/png', rootPem)
  t.assert.equal(report.validation_state, 'Trusted')
})

test('below a compressed update manifest one too, hashed as it stands', async (t: TestContext) => {
  const manifests = [standard(1, compressedAs(manifestLabel(1))), update(2, 1, compressedAs(manifestLabel(2)))]
  const report = await verify(await forge(manifests), options)
  t.assert.deepEqual([report.state, failuresOf(report)], ['Trusted', []])
  const [delta] = report.ingredientDeltas
  t.assert.ok(delta?.findings.some(({ code }) => code === 'ingredient.manifest.validated'))
})

test('the same content compressed otherwise is another box', async (t: TestContext) => {
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }
  const asset = await forge([standard(1, compressedAs(manifestLabel(1))), update(2, 1)], (label, bytes) => {
    if (label !== manifestLabel(1)) return bytes
    const brotli = contentOf(decodeSuperbox(bytes), 'brob') as Uint8Array
    return stored(new Uint8Array(brotliCompressSync(brotliDecompressSync(brotli), quality)))
  })
  t.assert.deepEqual(failuresOf(await verify(asset, options)), ['ingredient.manifest.mismatch'])
})

/** 64 MB of nothing. */
const BOMB = new Uint8Array(
  brotliCompressSync(new Uint8Array(64 * 1024 * 1024), { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
)

const WRONG: readonly (readonly [string, NonNullable<ForgedManifest['stored']>])[] = [
  ['bytes that are no Brotli', () => stored(Uint8Array.of(0xff, 0xff, 0xff))],
  ['Brotli cut short', (bytes) => stored(new Uint8Array(brotliCompressSync(bytes)).subarray(0, -1))],
  ['no box of Brotli', () => encodeSuperbox({ type: COMPRESSED_MANIFEST, label: manifestLabel(1), requestable: true })],
  ['something beside it', compressedAs(manifestLabel(1), encodeBox('free', new Uint8Array(3)))],
  ['another label', compressedAs(manifestLabel(7))],
  [
    'what is no manifest',
    () =>
      compressedAs(manifestLabel(1))(
        encodeSuperbox({ type: MANIFEST_STORE, label: manifestLabel(1), requestable: true }),
      ),
  ],
  ['a compressed one again', (bytes) => compressedAs(manifestLabel(1))(compressedAs(manifestLabel(1))(bytes))],
  ['a manifest and more', (bytes) => compressedAs(manifestLabel(1))(Buffer.concat([bytes, Buffer.of(0)]))],
  ['what is no box', () => compressedAs(manifestLabel(1))(new Uint8Array(100))],
  ['a bomb', () => stored(BOMB)],
]

function stored(brotli: Uint8Array): Uint8Array {
  return encodeSuperbox(
    { type: COMPRESSED_MANIFEST, label: manifestLabel(1), requestable: true },
    encodeBox('brob', brotli),
  )
}

for (const [name, as] of WRONG)
  test(`compressed: ${name}`, async (t: TestContext) => {
    const report = await verify(await forge([standard(1, as)]), options)
    t.assert.deepEqual([report.state, failuresOf(report)], ['Invalid', ['manifest.compressed.invalid']])
  })

test('bombs by the hundred are no more work than a few', async (t: TestContext) => {
  const bombs = Array.from({ length: 300 }, (_, index) =>
    standard(index + 2, () =>
      encodeSuperbox(
        { type: COMPRESSED_MANIFEST, label: manifestLabel(index + 2), requestable: true },
        encodeBox('brob', BOMB),
      ),
    ),
  )
  const report = await verify(await forge([...bombs, standard(1, compressedAs(manifestLabel(1)))]), options)
  // The active manifest is read first, whatever else is there.
  t.assert.equal(report.state, 'Trusted')
})

test('a manifest of the older type is a standard one', async (t: TestContext) => {
  const report = await verify(await forge([{ ...standard(1), type: OLDER_MANIFEST }]), options)
  t.assert.deepEqual([report.state, failuresOf(report)], ['Trusted', []])
})

test('a time-stamp manifest has one parent and nothing else', async (t: TestContext) => {
  const stamp = (manifest: Partial<ForgedManifest>): ForgedManifest => ({
    ...update(2, 1),
    type: TIME_STAMP_MANIFEST,
    ...manifest,
  })
  t.assert.deepEqual(failuresOf(await verify(await forge([standard(1), stamp({})]), options)), [])
  const [ingredient] = update(2, 1).assertions
  if (!ingredient) throw new Error('no ingredient')
  const two = stamp({ assertions: [ingredient, ['c2pa.ingredient.v3__1', ingredient[1]]] })
  t.assert.ok(
    failuresOf(await verify(await forge([standard(1), two]), options)).includes('manifest.timestamp.wrongParents'),
  )
  const more = stamp({ assertions: [ingredient, ['org.example.note', () => ({ text: 'a note' })]] })
  t.assert.ok(
    failuresOf(await verify(await forge([standard(1), more]), options)).includes('manifest.timestamp.invalid'),
  )
})

test('a time-stamp manifest below another is passed over, and its parent is not', async (t: TestContext) => {
  const [ingredient] = update(2, 1).assertions
  if (!ingredient) throw new Error('no ingredient')
  const stamp: ForgedManifest = {
    ...update(2, 1),
    type: TIME_STAMP_MANIFEST,
    assertions: [ingredient, ['org.example.note', () => ({ text: 'a note' })]],
  }
  const manifests = [standard(1), stamp, update(3, 2)]
  t.assert.deepEqual(failuresOf(await verify(await forge(manifests), options)), [])
  const asset = await forge(manifests, (label, bytes) =>
    label === manifestLabel(1) ? tampered(bytes, 'digitalCapture') : bytes,
  )
  t.assert.ok(failuresOf(await verify(asset, options)).includes('assertion.hashedURI.mismatch'))
})
