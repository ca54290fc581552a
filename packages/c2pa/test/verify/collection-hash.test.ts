import { type TestContext, test } from 'node:test'
import { utf8Bytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import type { CborValue } from '../../src/cbor.ts'
import type { Asset } from '../../src/formats/asset.ts'
import type { Report } from '../../src/report/report.ts'
import { verify } from '../../src/verify/verify.ts'
import { root } from '../credential.ts'
import { inspect } from '../inspect.ts'
import { CREATED, forge, manifestLabel } from './forge.ts'

const FILES = { 'image1.png': utf8Bytes('a picture'), 'texts/document.pdf': utf8Bytes('a document') }
const hashed = Object.entries(FILES).map(([uri, bytes]) => ({ uri, hash: digest('sha256', bytes) }))
const COLLECTION: CborValue = { alg: 'sha256', uris: hashed }

/** The asset that holds the manifest, and the manifest alone. */
async function forged(collection: CborValue): Promise<{ asset: Uint8Array; store: Uint8Array }> {
  const asset = await forge([
    {
      label: manifestLabel(1),
      assertions: [
        ['c2pa.actions.v2', () => CREATED],
        ['c2pa.hash.collection.data', () => collection],
      ],
    },
  ])
  return { asset, store: inspect(asset)?.manifestStore?.bytes as Uint8Array }
}

const judge = (asset: Uint8Array, files?: { readonly [uri: string]: Asset }): Promise<Report> =>
  verify(asset, {
    trust: [root.certificate.bytes],
    tsaTrust: [],
    now: new Date(),
    ...(files ? { collection: new Map(Object.entries(files)) } : {}),
  })

const bindingCodes = ({ findings }: Report): string[] =>
  findings.map(({ code }) => code).filter((code) => /Hash\.|unsupported|general/.test(code))

test('the files of a collection are bound by the manifest beside them', async (t: TestContext) => {
  const { store } = await forged(COLLECTION)
  const report = await judge(store, {
    ...FILES,
    'image1.png': new Blob([FILES['image1.png']]),
    'more.txt': utf8Bytes(''),
  })
  t.assert.deepEqual(bindingCodes(report), ['assertion.collectionHash.match'])
  t.assert.equal(report.state, 'Trusted')
})

const says = async (
  t: TestContext,
  collection: CborValue,
  code: string,
  files: { readonly [uri: string]: Asset } = FILES,
) => {
  const report = await judge((await forged(collection)).store, files)
  t.assert.deepEqual(bindingCodes(report), [code])
  t.assert.equal(report.state, 'Invalid')
}

test('a file that is missing, and one that is another', async (t: TestContext) => {
  await says(t, COLLECTION, 'assertion.collectionHash.incorrectFileCount', { 'image1.png': FILES['image1.png'] })
  await says(t, COLLECTION, 'assertion.collectionHash.mismatch', { ...FILES, 'image1.png': utf8Bytes('another') })
  t.assert.deepEqual(bindingCodes(await judge((await forged(COLLECTION)).store)), [
    'assertion.collectionHash.incorrectFileCount',
  ])
})

test('malformed: no files, no algorithm, no URI, no hash', async (t: TestContext) => {
  const [first] = hashed as [{ uri: string; hash: Uint8Array }]
  const MALFORMED: CborValue[] = [
    { alg: 'sha256' },
    { alg: 'sha256', uris: [] },
    { alg: 'sha256', uris: 'image1.png' },
    { uris: hashed },
    { alg: 'sha256', uris: [{ hash: first.hash }] },
    { alg: 'sha256', uris: [{ uri: first.uri }] },
    { alg: 'sha256', uris: [{ uri: first.uri, hash: 'abc' }] },
  ]
  for (const collection of MALFORMED) await says(t, collection, 'assertion.collectionHash.malformed')
  await says(t, { alg: 'md5', uris: hashed }, 'algorithm.unsupported')
})

test('URIs that lead out of the collection', async (t: TestContext) => {
  const outside = [
    '../image1.png',
    'a/../b',
    './image1.png',
    'a/./b',
    '/etc/passwd',
    'https://example.com/a',
    'C:/a',
    'a//b',
  ]
  const hidden = ['%2e%2E/a', '..%2fa', '..\\a', 'a/%2e/b', '..%5Ca', 'file:a', '']
  for (const uri of [...outside, ...hidden]) {
    const { hash } = hashed[0] as { hash: Uint8Array }
    await says(t, { alg: 'sha256', uris: [{ uri, hash }] }, 'assertion.collectionHash.invalidURI', {
      [uri]: FILES['image1.png'],
    })
  }
})

test('an asset that holds such a manifest itself is bound by nothing', async (t: TestContext) => {
  const report = await judge((await forged(COLLECTION)).asset, FILES)
  t.assert.deepEqual(bindingCodes(report), ['assertion.collectionHash.mismatch'])
  t.assert.equal(report.state, 'Invalid')
})

test('the central directory of a ZIP file is not there', (t: TestContext) =>
  says(
    t,
    { ...(COLLECTION as object), zip_central_directory_hash: new Uint8Array(32) },
    'assertion.collectionHash.mismatch',
  ))
