import { after, before, type TestContext, test } from 'node:test'
import { createTestAuthority } from './test-authority.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

let platform: TestPlatform
before(async () => {
  platform = await startTestPlatform()
})
after(() => platform.stop())

const UNAUTHENTICATED = { errors: [{ code: 'AUTHORIZATION_ERROR', message: 'No authentication data provided' }] }
const SIGN = '/documentmanager/api/c2pa/v1/sign'
const VERIFY = '/documentmanager/api/c2pa/v1/verify'
const ANCHORS = '/documentmanager/api/c2pa/v1/trust-anchors'
const ROUTES = [
  '/',
  '/health',
  '/ready',
  '/version',
  '/metrics',
  '/docs',
  '/openapi.json',
  SIGN,
  VERIFY,
  ANCHORS,
  '/nothing',
]

test('no description of the document has what its page takes for HTML', async (t: TestContext) => {
  const document = String((await platform.ask('/openapi.json', { door: 'api' })).body)
  const descriptions = [...document.matchAll(/"(?:description|summary)":"((?:[^"\\]|\\.)*)"/g)].map(
    ([, text = '']) => text,
  )
  t.assert.ok(descriptions.length > 500)
  t.assert.deepEqual(
    descriptions.filter((text) => /<[a-z/]/i.test(text)),
    [],
  )
})

test('the open routes answer on the API host without a key', async (t: TestContext) => {
  const answers = new Map<string, Answer>()
  for (const path of ['/health', '/ready', '/version', '/metrics', '/openapi.json', '/docs/', '/health/']) {
    const answer = await platform.ask(path, { door: 'api' })
    t.assert.equal(answer.status, 200, path)
    answers.set(path, answer)
  }
  t.assert.deepEqual(json(answers.get('/health')!), { status: 'ok' })
  t.assert.deepEqual(json(answers.get('/ready')!), { status: 'ready' })
  t.assert.equal(json<{ name: string }>(answers.get('/version')!).name, 'Countersign')
  const metrics = answers.get('/metrics')!.body.toString()
  t.assert.match(
    metrics,
    /countersign_http_request_duration_seconds_count\{method="GET",route="\/health",status="200"\} 1/,
  )
  t.assert.match(metrics, /countersign_certificate_days_to_expiry\{kind="service",name="tls"\} \d/)
  t.assert.match(metrics, /countersign_certificate_days_to_expiry\{kind="authority",name="root"\} \d/)
})

test('Swagger UI loads nothing from elsewhere, and all that it names', async (t: TestContext) => {
  const page = (await platform.ask('/docs/', { door: 'api' })).body.toString()
  t.assert.doesNotMatch(page, /(src|href)="(https?:)?\/\//)
  const files = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, name]) => name as string)
  t.assert.ok(files.length >= 3)
  for (const name of files) {
    const path = new URL(name, 'https://x/docs/').pathname
    t.assert.equal((await platform.ask(path, { door: 'api' })).status, 200, path)
  }
  const answer = await platform.ask('/docs/', { door: 'api' })
  t.assert.match(answer.headers['content-security-policy'] ?? '', /default-src 'self'/)
  t.assert.doesNotMatch(answer.headers['content-security-policy'] ?? '', /https?:|unsafe/)
  const start = await platform.ask('/docs/static/swagger-initializer.js', { door: 'api' })
  t.assert.match(start.body.toString(), /"layout":"BaseLayout"/)
})

test('the address of the API host itself leads to its documentation', async (t: TestContext) => {
  const answer = await platform.ask('/', { door: 'api' })
  t.assert.equal(answer.status, 302)
  t.assert.equal(answer.headers.location, '/docs')
  t.assert.equal((await platform.ask('/', { cert: undefined, key: undefined, agent: false })).status, 403)
})

test('the log says which address there is not, shortened and without its query', async (t: TestContext) => {
  const logged = async (method: string, path: string): Promise<Record<string, unknown>> => {
    const answer = await platform.ask(path, { door: 'api', method })
    const id = answer.headers['x-request-id'] as string
    const line = () => platform.log.find((one) => one.includes(id) && one.includes('answered'))
    while (!line()) await new Promise((resolve) => setTimeout(resolve, 5))
    return JSON.parse(line() as string)
  }
  const missing = await logged('GET', '/no/where?key=secret')
  t.assert.deepEqual([missing.method, missing.path, missing.status], ['GET', '/no/where', 404])
  const method = await logged('DELETE', '/health?key=secret')
  t.assert.deepEqual([method.method, method.path, method.status], ['DELETE', '/health', 405])
  t.assert.equal(String((await logged('GET', `/${'x'.repeat(5_000)}`)).path).length, 200)
  t.assert.equal((await logged('GET', '/version?key=secret')).path, undefined)
})

test('the OpenAPI document has every route with its errors and examples', async (t: TestContext) => {
  const document = json<{
    openapi: string
    servers: { url: string }[]
    components: { securitySchemes: object }
    paths: Record<
      string,
      Record<
        string,
        {
          responses: Record<string, { content?: Record<string, { examples?: object }> }>
          operationId?: string
          security: object[]
          servers?: { url: string }[]
          requestBody?: { content: object }
        }
      >
    >
  }>(await platform.ask('/openapi.json', { door: 'api' }))
  t.assert.match(document.openapi, /^3\.1/)
  // A choice of words is an enum: pages show the first of a union of constants alone.
  t.assert.doesNotMatch(JSON.stringify(document), /"const":/)
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
  const ids = operations.map(({ operationId }) => operationId)
  t.assert.ok(ids.every((id) => id && /^[a-z][A-Za-z0-9]+$/.test(id)) && new Set(ids).size === ids.length, ids.join())
  const used = new Set(operations.flatMap(({ security }) => security.flatMap((scheme) => Object.keys(scheme))))
  t.assert.deepEqual(Object.keys(document.components.securitySchemes).sort(), [...used].sort())
  t.assert.equal(document.servers.length, 2)
  const sign = document.paths[SIGN]!.post!
  t.assert.deepEqual(sign.security, [{ mutualTLS: [] }])
  t.assert.match(sign.servers?.[0]?.url ?? '', /^https:\/\/clientauth\./)
  t.assert.doesNotMatch(document.paths['/health']!.get!.servers?.[0]?.url ?? 'clientauth', /clientauth/)
  t.assert.deepEqual(Object.keys(sign.requestBody!.content), ['multipart/form-data'])
  t.assert.deepEqual(Object.keys(sign.responses), [
    '200',
    '400',
    '401',
    '403',
    '413',
    '415',
    '421',
    '429',
    '500',
    '504',
  ])
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const operation of Object.values(operations)) {
      for (const [status, { content }] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue
        t.assert.ok(content?.['application/json']?.examples, `${path} ${status}`)
      }
    }
  }
})

test('the mutual-TLS host wants a certificate on every route, and says nothing of why', async (t: TestContext) => {
  const stranger = await (await createTestAuthority('Stranger')).issue('stranger')
  for (const path of ROUTES) {
    for (const credentials of [
      { cert: undefined, key: undefined },
      { cert: stranger.certificate, key: stranger.privateKey },
    ]) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const answer = await platform.ask(path, { ...credentials, method, agent: false })
        t.assert.equal(answer.status, 403, `${method} ${path}`)
        t.assert.deepEqual(json(answer), UNAUTHENTICATED)
      }
    }
  }
  t.assert.ok(platform.log.some((line) => line.includes('none of this platform')))
  t.assert.equal((await platform.ask('/health')).status, 200)
})

test('an API key that comes along with a certificate has to be the same user’s', async (t: TestContext) => {
  const ask = (key: string) => platform.ask('/account/api/v1/user/me', { headers: { 'x-api-key': key } })
  const { service_api_key, admin_api_key } = platform.account
  t.assert.equal((await ask(service_api_key)).status, 200)
  const other = await ask(admin_api_key)
  t.assert.deepEqual([other.status, json(other)], [403, UNAUTHENTICATED])
  const wrong = await ask('nonsense')
  t.assert.deepEqual([wrong.status, json(wrong).errors[0]?.code], [401, 'invalid_api_key'])
  t.assert.ok(platform.log.some((line) => line.includes('of different users')))
})

test('content signing on the API host is refused as without a certificate, whatever key is sent', async (t: TestContext) => {
  for (const headers of [{}, { 'x-api-key': platform.account.service_api_key }]) {
    const answer = await platform.ask(SIGN, { door: 'api', method: 'POST', headers })
    t.assert.equal(answer.status, 403)
    t.assert.deepEqual(json(answer), UNAUTHENTICATED)
  }
})

test('a disabled certificate is refused on the open connection and on a resumed session, and counts again once enabled', async (t: TestContext) => {
  const { clientAuthCertificates } = platform.world.store
  const [certificate] = await clientAuthCertificates.list(platform.account.service_user_id)
  const { connect } = await import('node:tls')
  const open = (session?: Buffer) => {
    const socket = connect({
      port: platform.port,
      host: '127.0.0.1',
      servername: 'clientauth.countersign.localhost',
      ca: platform.ca,
      cert: platform.certificate,
      key: platform.key,
      session,
    })
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    return {
      socket,
      async status(): Promise<string> {
        text = ''
        socket.write(`GET /health HTTP/1.1\r\nHost: clientauth.countersign.localhost:${platform.port}\r\n\r\n`)
        while (!text.includes('}')) await new Promise((resolve) => setTimeout(resolve, 5))
        return text.slice(9, 12)
      },
    }
  }
  const first = open()
  const session = new Promise<Buffer>((resolve) => first.socket.once('session', resolve))
  t.assert.equal(await first.status(), '200')
  await clientAuthCertificates.setEnabled(certificate!.id, false)
  t.assert.equal(await first.status(), '403')
  const resumed = open(await session)
  t.assert.equal(await resumed.status(), '403')
  t.assert.ok(resumed.socket.isSessionReused())
  await clientAuthCertificates.setEnabled(certificate!.id, true)
  t.assert.equal(await first.status(), '200')
  t.assert.equal(await resumed.status(), '200')
  first.socket.destroy()
  resumed.socket.destroy()
})

test('a request for another host than the connection was made to is misdirected', async (t: TestContext) => {
  const { port } = platform
  for (const [door, host, status] of [
    ['api', 'countersign.localhost', 200],
    ['api', `CounterSign.localhost:${port}`, 200],
    ['api', `127.0.0.1:${port}`, 200],
    ['api', `clientauth.countersign.localhost:${port}`, 421],
    ['api', 'example.com', 421],
    ['clientauth', 'clientauth.countersign.localhost', 200],
    ['clientauth', `countersign.localhost:${port}`, 421],
    ['clientauth', 'evil.clientauth.countersign.localhost', 421],
  ] as const) {
    const answer = await platform.ask('/health', { door, headers: { host } })
    t.assert.equal(answer.status, status, `${door} ${host}`)
  }
})

test('unknown addresses, methods and media types have their statuses and the body of their API', async (t: TestContext) => {
  const api = { door: 'api' } as const
  t.assert.equal((await platform.ask('/nothing', api)).status, 404)
  t.assert.equal(json(await platform.ask('/nothing', api)).errors[0]!.code, 'not_found')
  const method = await platform.ask('/health', { ...api, method: 'DELETE' })
  t.assert.equal(method.status, 405)
  t.assert.match(method.headers.allow ?? '', /GET/)
  const sign = await platform.ask(SIGN)
  t.assert.equal(sign.status, 405)
  t.assert.equal(sign.headers.allow, 'POST')
  t.assert.equal(json(sign).error, 'invalid_request')
  t.assert.equal((await platform.ask('/documentmanager/api/nothing')).status, 404)
  t.assert.equal(json(await platform.ask('/documentmanager/api/nothing')).error, 'invalid_request')
  for (const type of ['application/json', 'text/plain', 'image/png', 'application/x-www-form-urlencoded']) {
    const answer = await platform.ask(SIGN, { body: Buffer.from('{}'), headers: { 'content-type': type } })
    t.assert.equal(answer.status, 415, type)
    t.assert.equal(json(answer).error, 'invalid_request')
  }
})

test('every answer has its security headers and a request id, and no promise of TLS for a local name', async (t: TestContext) => {
  for (const path of ['/health', '/nothing', '/openapi.json']) {
    const { headers } = await platform.ask(path, { door: 'api' })
    t.assert.match(headers['x-request-id'] ?? '', /^[0-9a-f-]{36}$/)
    t.assert.equal(headers['x-content-type-options'], 'nosniff')
    t.assert.equal(headers['x-frame-options'], 'DENY')
    t.assert.equal(headers['cache-control'], 'no-store')
    t.assert.match(headers['content-security-policy'] ?? '', /default-src 'none'/)
    t.assert.equal(headers['strict-transport-security'], undefined)
  }
})

test('nothing secret is in the log', async (t: TestContext) => {
  const { account } = platform
  await platform.ask('/nothing', {
    door: 'api',
    headers: {
      'x-api-key': account.admin_api_key,
      cookie: 'session=secret-cookie',
      authorization: 'Bearer secret-token',
    },
  })
  const log = platform.log.join('')
  for (const secret of [
    account.admin_api_key,
    account.admin_password,
    account.client_p12_password,
    account.credential_pin,
    'secret-cookie',
    'secret-token',
  ]) {
    t.assert.ok(!log.includes(secret))
  }
  t.assert.ok(log.includes('answered'))
})
