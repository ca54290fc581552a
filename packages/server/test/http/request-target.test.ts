import { once } from 'node:events'
import { after, before, type TestContext, test } from 'node:test'
import { connect } from 'node:tls'
import { startTestPlatform, type TestPlatform } from './test-platform.ts'

let platform: TestPlatform
before(async () => {
  platform = await startTestPlatform()
})
after(() => platform.stop())

const API = 'countersign.localhost'
const CLIENTAUTH = `clientauth.${API}`

/** What comes back of a request that is written as it is; no client certificate is shown. */
async function answer(servername: string, target: string, ...headers: readonly string[]): Promise<[number, string]> {
  const { port, ca } = platform
  const socket = connect({ host: '127.0.0.1', port, ca, servername })
  let text = ''
  socket.setEncoding('utf8').on('data', (piece) => {
    text += piece
  })
  socket.write([`GET ${target} HTTP/1.1`, ...headers, 'Connection: close', '', ''].join('\r\n'))
  await once(socket, 'close')
  return [Number(text.slice(9, 12)), text.split('\r\n\r\n')[1] ?? '']
}

test('an address that cannot be decoded is nowhere, and on the mutual-TLS host wants a certificate as all do', async (t: TestContext) => {
  for (const path of [
    '/%zz',
    '/docs/static/%zz',
    '/%',
    '/%c3%28',
    '/iot/api/v1/division/%00',
    `/docs/static/${'a'.repeat(5_000)}`,
  ]) {
    const [status, body] = await answer(CLIENTAUTH, path, `Host: ${CLIENTAUTH}`)
    t.assert.equal(status, 403, path)
    t.assert.deepEqual(JSON.parse(body), {
      errors: [{ code: 'AUTHORIZATION_ERROR', message: 'No authentication data provided' }],
    })
    const [found, text] = await answer(API, path, `Host: ${API}`)
    t.assert.equal(found, path.includes('%') ? 404 : found, path)
    t.assert.ok(found >= 400 && JSON.parse(text).errors.length === 1, `${path}: ${text}`)
  }
})

test('a whole URL names its host, whatever the Host header says', async (t: TestContext) => {
  for (const [target, host, status] of [
    [`https://${API}/health`, API, 200],
    [`HTTPS://${API.toUpperCase()}:1/health?x`, 'example.com', 200],
    ['https://example.com/health', API, 421],
    [`https://${CLIENTAUTH}/health`, API, 421],
    [`https://${API}@example.com/health`, API, 421],
    [`https://${API}`, API, 302],
    ['https:///health', API, 421],
  ] as const) {
    t.assert.equal((await answer(API, target, `Host: ${host}`))[0], status, target)
  }
})

test('two Host headers are refused, the same or not', async (t: TestContext) => {
  for (const second of [API, 'example.com']) {
    t.assert.equal((await answer(API, '/health', `Host: ${API}`, `HOST: ${second}`))[0], 400)
  }
})
