import { after, before, type TestContext, test } from 'node:test'
import { noise } from '../../../../test/pictures.ts'
import { json, type SignFields, startTestPlatform, type TestPlatform } from './test-platform.ts'

let platform: TestPlatform
let jpeg: Buffer

before(async () => {
  platform = await startTestPlatform()
  jpeg = await noise('image/jpeg', 64, 48)
})
after(() => platform.stop())

const form = (bytes: Uint8Array, change: SignFields = {}): SignFields => ({
  hashAlgo: 'SHA256',
  signAlgo: '1.2.840.10045.4.3.2',
  signAlgoParams: 'MTIzNDQ=',
  accountId: platform.account.account_id,
  image: { name: 'picture.jpg', bytes },
  schemaField: 'author',
  ...change,
})

test('what is no JPEG or PNG never gets to what makes thumbnails, which would draw an SVG for minutes', async (t: TestContext) => {
  for (const text of ['<svg xmlns="http://www.w3.org/2000/svg" width="0"></svg>', 'GIF89a', '%PDF-1.7', 'II*\0']) {
    const answer = await platform.sign(form(Buffer.from(text)))
    t.assert.equal(answer.status, 400)
    t.assert.match(json(answer).error_description, /neither a JPEG nor a PNG/)
  }
  t.assert.deepEqual(
    platform.log.filter((line) => line.includes('thumbnail')),
    [],
  )
})

test('a name whose cut would fall into a character is cut before it, and the file is answered', async (t: TestContext) => {
  const answer = await platform.sign(form(jpeg, { image: { name: 'a.12345678😀xx', bytes: jpeg } }), {
    headers: { accept: 'image/jpeg' },
  })
  t.assert.equal(answer.status, 200)
  t.assert.match(answer.headers['content-disposition'] ?? '', /filename\*=UTF-8''signed-a\.12345678$/)
})
