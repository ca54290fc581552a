import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { after, before, type TestContext, test } from 'node:test'
import sharp from 'sharp'
import { createTimeStampClient } from '../../src/http/time-stamp-client.ts'
import { json, startTestPlatform, type TestPlatform } from './test-platform.ts'

/** An outside authority that does as it is told. */
let behave: RequestListener = (_request, response) => void response.end()
const outside = createServer((request, response) => behave(request, response))
let url: string
let authority: TestPlatform
let platform: TestPlatform

before(async () => {
  outside.listen(0, '127.0.0.1')
  await once(outside, 'listening')
  url = `http://127.0.0.1:${(outside.address() as { port: number }).port}/tsa`
  // Not of the same root.
  authority = await startTestPlatform({}, undefined, { isNew: true })
  platform = await startTestPlatform({ COUNTERSIGN_TSA_URL: url })
})
after(async () => {
  outside.closeAllConnections()
  outside.close()
  await authority.stop()
  await platform.stop()
})

async function signed() {
  const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } })
    .png()
    .toBuffer()
  return platform.sign({
    hashAlgo: 'SHA256',
    signAlgo: '1.2.840.10045.4.3.2',
    signAlgoParams: 'MTIzNDQ=',
    accountId: platform.account.account_id,
    schemaField: 'author',
    image: { name: 'x.png', bytes },
  })
}

test('an outside authority stamps, and what it answers is in the report', async (t: TestContext) => {
  behave = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', async () => {
      t.assert.equal(request.headers['content-type'], 'application/timestamp-query')
      const answer = await fetch(`${authority.pkiUrl}/tsa`, {
        method: 'POST',
        headers: { 'content-type': 'application/timestamp-query' },
        body: Buffer.concat(chunks),
      })
      response.end(Buffer.from(await answer.arrayBuffer()))
    })
  }
  const answer = await signed()
  t.assert.equal(answer.status, 200)
  const report = json<{ signed_manifest: string }>(answer).signed_manifest
  // Another root than the platform's own: the time is stated, and not trusted.
  t.assert.match(report, /timeStamp\.untrusted/)
  t.assert.match(report, /"validation_state": "Trusted"/)
})

test('an authority that fails is an upstream error, in its documented words', async (t: TestContext) => {
  const failures: RequestListener[] = [
    (_request, response) => void response.writeHead(500).end('no'),
    (_request, response) => void response.end('this is no time stamp'),
    (_request, response) => void response.end(),
    (_request, response) => void response.end(Buffer.alloc(100_000)),
    (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    (request) => void request.socket.destroy(),
  ]
  for (const failure of failures) {
    behave = failure
    const answer = await signed()
    t.assert.equal(answer.status, 500)
    t.assert.deepEqual(json<object>(answer), {
      error: 'Upstream service error',
      error_description:
        'The server received an invalid response from an upstream dependency. Please retry the request after some time.',
    })
  }
})

test('an authority that does not answer is a time-out', async (t: TestContext) => {
  behave = () => {}
  await t.assert.rejects(createTimeStampClient(url, 100)(new Uint8Array(10)), {
    name: 'Refusal',
    reason: 'timeout',
    code: 'request_timeout',
  })
  // The beginning of an answer is no answer either.
  behave = (_request, response) => void response.write('x')
  await t.assert.rejects(createTimeStampClient(url, 100)(new Uint8Array(10)), { reason: 'timeout' })
})
