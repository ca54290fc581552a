import { request } from 'node:https'
import { after, before, type TestContext, test } from 'node:test'
import { noise } from '../../../../test/pictures.ts'
import { json, MULTIPART, multipart, type SignFields, startTestPlatform, type TestPlatform } from './test-platform.ts'

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

test('what is no photograph never gets to what makes thumbnails, which would draw an SVG for minutes', async (t: TestContext) => {
  for (const text of ['<html><svg width="0"></svg></html>', 'GIF88a', '%PDF-1.7', 'II+\0']) {
    const answer = await platform.sign(form(Buffer.from(text)))
    t.assert.equal(answer.status, 400)
    t.assert.match(json(answer).error_description, /formats that are signed here: JPEG.* SVG/)
  }
  const drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>'
  const { status, body } = await platform.sign(form(Buffer.from(drawing)))
  t.assert.equal(status, 200)
  const signed = Buffer.from(JSON.parse(body.toString()).encoded_signed_content, 'base64')
  t.assert.match(signed.toString(), /<c2pa:manifest>/)
  t.assert.ok(!atob(/<c2pa:manifest>([^<]+)/.exec(signed.toString())?.[1] ?? '').includes('c2pa.thumbnail'))
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

test('a large answer is whole, in JSON and as it is', async (t: TestContext) => {
  const large = Buffer.concat([jpeg, Buffer.alloc(6_000_001, 'trailing')])
  const asJson = await platform.sign(form(large))
  t.assert.equal(asJson.status, 200)
  t.assert.equal(Number(asJson.headers['content-length']), asJson.body.length)
  const signed = Buffer.from(JSON.parse(asJson.body.toString()).encoded_signed_content, 'base64')
  t.assert.ok(signed.subarray(-6_000_001).equals(large.subarray(-6_000_001)))
  const asItIs = await platform.sign(form(large), { headers: { accept: 'image/jpeg' } })
  t.assert.equal(Number(asItIs.headers['content-length']), asItIs.body.length)
  t.assert.ok(asItIs.body.subarray(-6_000_001).equals(large.subarray(-6_000_001)))
})

test('a client that leaves before its answer is no error, and its signature has its record', async (t: TestContext) => {
  const records = () => platform.world.store.signatures.list(platform.account.account_id, 100)
  const before = (await records()).length
  const body = multipart(form(Buffer.concat([jpeg, Buffer.alloc(12_000_000)])))
  await new Promise<void>((resolve) => {
    const outgoing = request({
      host: '127.0.0.1',
      port: platform.port,
      path: '/documentmanager/api/c2pa/v1/sign',
      method: 'POST',
      agent: false,
      ca: platform.ca,
      cert: platform.certificate,
      key: platform.key,
      servername: 'clientauth.countersign.localhost',
      headers: {
        host: 'clientauth.countersign.localhost',
        'content-type': MULTIPART,
        'content-length': body.length,
      },
    })
    outgoing.on('error', () => {})
    outgoing.end(body, () =>
      setTimeout(() => {
        outgoing.destroy()
        resolve()
      }, 20),
    )
  })
  for (let waited = 0; (await records()).length === before && waited < 5_000; waited += 20)
    await new Promise((resolve) => setTimeout(resolve, 20))
  t.assert.equal((await records()).length, before + 1)
  await new Promise((resolve) => setTimeout(resolve, 500))
  t.assert.deepEqual(
    platform.log.filter((line) => line.includes('"level":50')),
    [],
  )
})

test('more files than memory should hold are refused while they come in, and those who left make room', async (t: TestContext) => {
  const small = await startTestPlatform({ COUNTERSIGN_MAX_UPLOAD: '200kB' })
  t.after(() => small.stop())
  const fields = { ...form(jpeg), accountId: small.account.account_id }
  const whole = multipart({
    ...fields,
    image: { name: 'x.jpg', bytes: Buffer.concat([jpeg, Buffer.alloc(190_000)]) },
  })
  const begin = () => {
    const outgoing = request({
      host: '127.0.0.1',
      port: small.port,
      path: '/documentmanager/api/c2pa/v1/sign',
      method: 'POST',
      agent: false,
      ca: small.ca,
      cert: small.certificate,
      key: small.key,
      servername: 'clientauth.countersign.localhost',
      headers: {
        host: 'clientauth.countersign.localhost',
        'content-type': MULTIPART,
        'content-length': whole.length,
      },
    })
    outgoing.on('error', () => {})
    outgoing.write(whole.subarray(0, -10))
    return outgoing
  }
  // Fifty of the largest files fit, and these are a little smaller.
  const begun = Array.from({ length: 60 }, begin)
  const [first] = await Promise.race(
    begun.map(
      (outgoing) =>
        new Promise<[number]>((resolve) => outgoing.once('response', ({ statusCode = 0 }) => resolve([statusCode]))),
    ),
  )
  t.assert.equal(first, 500)
  const busy = await small.sign({
    ...fields,
    image: { name: 'x.jpg', bytes: Buffer.concat([jpeg, Buffer.alloc(190_000)]) },
  })
  t.assert.equal(busy.status, 500)
  t.assert.equal(json(busy).error, 'temporarily_unavailable')
  for (const outgoing of begun) outgoing.destroy()
  for (let attempt = 0; ; attempt++) {
    const { status } = await small.sign(fields)
    if (status === 200) break
    t.assert.ok(attempt < 50, 'what was left gives its memory back')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
})
