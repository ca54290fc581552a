import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { pictureNaming } from '../../../../test/named-store.ts'
import { json, MULTIPART, multipart, startTestPlatform } from './test-platform.ts'

const VERIFY = '/documentmanager/api/c2pa/v1/verify'

/** A server on this machine, and how often somebody came. */
async function listener(t: TestContext) {
  const count = { visits: 0 }
  const server = createServer((_request, response) => void response.end())
  server.on('connection', () => count.visits++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return { count, port: (server.address() as AddressInfo).port }
}

test('a file sends the platform nowhere unless it is told to go, and never to its own network but to its own responders', async (t: TestContext) => {
  const [private_, pki] = [await listener(t), await listener(t)]
  for (const online of ['false', 'true']) {
    const platform = await startTestPlatform({
      COUNTERSIGN_VERIFY_ONLINE: online,
      COUNTERSIGN_PKI_URL: `http://127.0.0.1:${pki.port}`,
    })
    t.after(() => platform.stop())
    const explanations = new Set<string>()
    for (const url of [
      `http://127.0.0.1:${private_.port}/`,
      'http://127.0.0.1/',
      `http://localhost:${private_.port}/`,
      'http://[::1]/',
      `http://127.0.0.1:${pki.port}/store.c2pa`,
      `http://127.0.0.1:${pki.port}/ocsp/../admin`,
      `http://127.0.0.1:${pki.port}/ocsp/root%2f..%2f..%2fadmin`,
      `http://127.0.0.1:${pki.port}/ocsp/root?x`,
      `http://127.0.0.1:${pki.port}/ocsp/content-signing`,
    ]) {
      const answer = await platform.ask(VERIFY, {
        door: 'api',
        body: multipart({ image: { name: 'picture.png', bytes: pictureNaming(url) } }),
        headers: { 'content-type': MULTIPART },
      })
      const [status] = json<{ validation_status: { code: string; explanation: string }[] }>(answer).validation_status
      t.assert.equal(status?.code, 'manifest.inaccessible')
      explanations.add(status?.explanation.replace(url, 'URL') ?? '')
    }
    // Whoever asks learns whether it was tried, and nothing of what is in the way.
    t.assert.deepEqual(
      [...explanations],
      [`the remote manifest ${online === 'true' ? 'could not be' : 'was not'} fetched: URL`],
    )
    t.assert.equal(pki.count.visits, online === 'true' ? 1 : 0)
  }
  t.assert.equal(private_.count.visits, 0)
})
