/** What the sign endpoint declines: the documented rows, and files that are no picture. Nothing is stored of them. */
import { after, type TestContext, test } from 'node:test'
import { noise } from '../pictures.ts'
import { startPlatform } from '../platform.ts'
import { recordedLabels, signForm } from '../sign-request.ts'

const platform = await startPlatform()
after(() => platform.remove())

const jpeg = await noise('image/jpeg', 64, 64)
const png = await noise('image/png', 64, 64)
const HASH = 'Invalid parameter hashAlgo.'
const ALGORITHM = 'Missing (or invalid type) string parameter signAlgo.'
const PARAMETERS = 'Missing (or invalid type) string parameter signAlgoParams.'

type Row = { readonly fields?: Record<string, string | undefined>; readonly image?: Uint8Array; readonly says: RegExp }
const exactly = (sentence: string): RegExp => new RegExp(`^${RegExp.escape(sentence)}$`)
const IMAGE = /^Invalid parameter image\. ./

const rows: Readonly<Record<string, Row>> = {
  'no hashAlgo': { fields: { hashAlgo: undefined }, says: exactly(HASH) },
  'wrong hashAlgo': { fields: { hashAlgo: 'MD5' }, says: exactly(HASH) },
  'hashAlgo of another hash than the ECDSA identifier': {
    fields: { hashAlgo: 'SHA384', signAlgo: '1.2.840.10045.4.3.2' },
    says: exactly(HASH),
  },
  'no signAlgo': { fields: { signAlgo: undefined }, says: exactly(ALGORITHM) },
  'wrong signAlgo': { fields: { signAlgo: '1.2.3' }, says: exactly(ALGORITHM) },
  'no signAlgoParams': { fields: { signAlgoParams: undefined }, says: exactly(PARAMETERS) },
  'wrong signAlgoParams': { fields: { signAlgoParams: 'AAAA' }, says: exactly(PARAMETERS) },
  'no accountId': { fields: { accountId: undefined }, says: /accountId/ },
  'an accountId of someone else': { fields: { accountId: '599020de-5ea7-4c0c-ac01-ceb4bb9802b3' }, says: /accountId/ },
  'no schemaField': { fields: { schemaField: undefined }, says: /schemaField/ },
  'wrong schemaField': { fields: { schemaField: 'author,king' }, says: /schemaField/ },
  'wrong credentialID': { fields: { credentialID: 'no-such' }, says: exactly('Invalid parameter credentialID.') },
  'wrong digitalSourceType': { fields: { digitalSourceType: 'dreamt' }, says: /digitalSourceType/ },
  'an image of 0 bytes': { image: Buffer.alloc(0), says: IMAGE },
  garbage: { image: Buffer.from('not a picture at all, whatever its name'), says: IMAGE },
  'a BMP named .jpg': { image: Buffer.from('Qk0eAAAAAAAAABoAAAAMAAAAAQABAAEAGAAAAP8A', 'base64'), says: IMAGE },
  'a GIF cut in its header': { image: Buffer.from('GIF89a'), says: IMAGE },
  'a JPEG cut in its segments': { image: jpeg.subarray(0, 100), says: IMAGE },
  'a PNG cut in a chunk': { image: png.subarray(0, png.length - 100), says: IMAGE },
  'the first bytes of a JPEG': { image: jpeg.subarray(0, 2), says: IMAGE },
  'the signature of a PNG': { image: png.subarray(0, 8), says: IMAGE },
}

for (const [name, { fields, image = jpeg, says }] of Object.entries(rows)) {
  test(name, async (t: TestContext) => {
    const answer = await platform.sign(signForm(platform, image, fields))
    t.assert.equal(answer.status, 400, answer.body.toString())
    const { error, error_description: description } = answer.json<Record<string, string>>()
    t.assert.equal(error, 'invalid_request')
    t.assert.match(description ?? '', says)
  })
}

test('no image', async (t: TestContext) => {
  const answer = await platform.sign(signForm(platform, undefined))
  t.assert.equal(answer.status, 400)
  t.assert.match(answer.json<Record<string, string>>().error_description ?? '', /image/)
})

test('two images', async (t: TestContext) => {
  const form = signForm(platform, jpeg)
  form.append('image', new Blob([new Uint8Array(png)]), 'second.png')
  t.assert.equal((await platform.sign(form)).status, 400)
})

for (const field of ['hashAlgo', 'signAlgo', 'signAlgoParams', 'accountId', 'schemaField']) {
  test(`${field} twice`, async (t: TestContext) => {
    const form = signForm(platform, jpeg)
    form.append(field, String(form.get(field)))
    t.assert.equal((await platform.sign(form)).status, 400)
  })
}

test('21 MB are refused, and the client gets to read why', async (t: TestContext) => {
  const answer = await platform.sign(signForm(platform, Buffer.alloc(21 * 1024 * 1024, jpeg)))
  t.assert.ok([400, 413].includes(answer.status), String(answer.status))
  t.assert.match(answer.json<Record<string, string>>().error_description ?? '', /20 ?MB/)
})

test('bodies that are no form', async (t: TestContext) => {
  const post = (type: string, body: string) =>
    platform.request('clientauth', '/documentmanager/api/c2pa/v1/sign', {
      method: 'POST',
      headers: { 'content-type': type },
      body: Buffer.from(body),
    })
  for (const [type, body] of [
    ['application/json', '{}'],
    ['multipart/form-data', 'no boundary'],
    ['multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; name="hashAlgo"\r\n\r\nSHA256'],
    ['multipart/form-data; boundary=x', ''],
    ['text/plain', 'hello'],
  ] as const) {
    const { status } = await post(type, body)
    t.assert.ok(status >= 400 && status < 500, `${type} ${JSON.stringify(body)}: ${status}`)
  }
})

test('no client certificate', async (t: TestContext) => {
  const path = '/documentmanager/api/c2pa/v1/sign'
  const expected = { errors: [{ code: 'AUTHORIZATION_ERROR', message: 'No authentication data provided' }] }
  for (const host of ['clientauth', 'api'] as const) {
    const answer = await platform.request(host, path, { method: 'POST', certificate: false })
    t.assert.equal(answer.status, 403)
    t.assert.deepEqual(answer.json(), expected)
  }
})

test('nothing is stored of any of them', (t: TestContext) => {
  t.assert.deepEqual(recordedLabels(platform.data), [])
  t.assert.doesNotMatch(platform.output(), /unexpected error/)
})
