/** What is repeated, when, and what never is: against a server that fails as it is told. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { after, type TestContext, test } from 'node:test'
import { type ConnectOptions, type Countersign, connect, type Transport } from '../src/index.ts'
import { createTransport } from '../src/platform/node.ts'
import { delayBeforeRetry, retryAfterSeconds } from '../src/retry.ts'
import { failureOf } from './failure.ts'
import { startTlsServer, type TlsServer } from './tls-server.ts'

type Step = (request: IncomingMessage, response: ServerResponse) => void

const USER = '{"id":"1"}'
const answer =
  (status: number, headers: Record<string, string> = {}, body = USER): Step =>
  (request, response) => {
    request.resume().on('end', () => response.writeHead(status, headers).end(body))
  }
const cut: Step = (request) => void request.socket.destroy()

const ends: (() => unknown)[] = []
after(async () => {
  for (const end of ends) await end()
})

/** A server that takes one step with each request, the last one again and again. */
async function scripted(
  steps: readonly Step[],
  options: Partial<ConnectOptions> = {},
): Promise<{ countersign: Countersign; server: TlsServer; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = []
  const server = await startTlsServer((request, response) => {
    requests.push(request)
    ;(steps[requests.length - 1] ?? steps.at(-1)!)(request, response)
  })
  const countersign = connect({ url: server.url, ca: server.ca, apiKey: 'a key', ...options })
  ends.push(
    () => countersign.close(),
    () => server.stop(),
  )
  return { countersign, server, requests }
}

test('reading is repeated after 429, 502, 503, 504 and a lost connection', async (t: TestContext) => {
  for (const step of [answer(429), answer(502), answer(503, { 'retry-after': '0' }), answer(504), cut]) {
    const { countersign, requests } = await scripted([step, answer(200)])
    t.assert.equal((await countersign.users.me()).id, '1')
    t.assert.equal(requests.length, 2)
  }
})

test('a POST with an Idempotency-Key is repeated under the same key, and has another in the next call', async (t: TestContext) => {
  const inUse = answer(409, { 'retry-after': '0' }, '{"errors":[{"code":"idempotency_key_in_use","message":"wait"}]}')
  const steps = [cut, answer(503), inUse, answer(200), answer(200), answer(200)]
  const { countersign, requests } = await scripted(steps, { retries: 3 })
  const body = { enrollment_profile_id: 'IOT_1', csr: 'x' }
  await countersign.certificates.enroll(body)
  await countersign.certificates.enroll(body)
  await countersign.certificates.enroll(body, { idempotencyKey: 'mine' })
  const keys = requests.map(({ headers }) => headers['idempotency-key'])
  t.assert.equal(keys.length, 6)
  t.assert.equal(new Set(keys.slice(0, 4)).size, 1)
  t.assert.match(String(keys[0]), /^[0-9a-f-]{36}$/)
  t.assert.notEqual(keys[4], keys[0])
  t.assert.equal(keys[5], 'mine')
})

test('a POST with an Idempotency-Key that was declined is not repeated', async (t: TestContext) => {
  const declined = answer(409, {}, '{"errors":[{"code":"private_key_given_before","message":"once"}]}')
  const { countersign, requests } = await scripted([declined, answer(200)])
  const error = await failureOf(countersign.certificates.enroll({ enrollment_profile_id: 'IOT_1', csr: 'x' }))
  t.assert.equal(error.code, 'private_key_given_before')
  t.assert.equal(requests.length, 1)
})

test('PUT and DELETE are repeated too', async (t: TestContext) => {
  const { countersign, requests } = await scripted([cut, answer(200), answer(503), answer(204, {}, '')])
  await countersign.users.change('1', { friendly_name: 'Desk' })
  await countersign.users.delete('1')
  t.assert.deepEqual(
    requests.map(({ method }) => method),
    ['PUT', 'PUT', 'DELETE', 'DELETE'],
  )
})

test('a POST is repeated only when it was refused for coming too often', async (t: TestContext) => {
  for (const step of [answer(502), answer(503, { 'retry-after': '0' }), answer(504), answer(500), cut]) {
    const { countersign, requests } = await scripted([step, answer(201)])
    await failureOf(countersign.users.create({ friendly_name: 'Desk', roles: [] }))
    t.assert.equal(requests.length, 1)
  }
  const { countersign, requests } = await scripted([answer(429, { 'retry-after': '0' }), answer(201)])
  await countersign.users.create({ friendly_name: 'Desk', roles: [] })
  t.assert.equal(requests.length, 2)
})

test('nothing else is repeated', async (t: TestContext) => {
  for (const status of [301, 302, 400, 401, 403, 404, 409, 413, 500]) {
    const { countersign, requests } = await scripted([answer(status, { location: '/elsewhere' })])
    t.assert.equal((await failureOf(countersign.users.me())).status, status)
    t.assert.equal(requests.length, 1)
  }
})

test('a stream that is used up is not sent again', async (t: TestContext) => {
  const { countersign, requests } = await scripted([answer(429, { 'retry-after': '0' }), answer(200)])
  async function* stream(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(1000)
  }
  t.assert.equal((await failureOf(countersign.verify(stream()))).status, 429)
  t.assert.equal(requests.length, 1)
  await countersign.verify(new Uint8Array(1000))
  t.assert.equal(requests.length, 2)
})

test('after the last retry the error is that of the last answer', async (t: TestContext) => {
  const refusal = JSON.stringify({ errors: [{ code: 'request_limit_exceeded', message: 'Too many.' }] })
  const tooMany = answer(429, { 'retry-after': '0', 'x-request-id': 'r-1' }, refusal)
  const { countersign, requests } = await scripted([tooMany], { retries: 2 })
  const error = await failureOf(countersign.users.me())
  t.assert.equal(requests.length, 3)
  t.assert.deepEqual(
    [error.status, error.code, error.message, error.requestId, error.retryAfterSeconds],
    [429, 'request_limit_exceeded', 'Too many.', 'r-1', 0],
  )
})

test('who is told to come back much later hears so at once', async (t: TestContext) => {
  const { countersign, requests } = await scripted([answer(429, { 'retry-after': '3600' })])
  t.assert.equal((await failureOf(countersign.users.me())).retryAfterSeconds, 3600)
  t.assert.equal(requests.length, 1)
})

test('connections are kept', async (t: TestContext) => {
  const { countersign, server, requests } = await scripted([answer(200)])
  for (let round = 0; round < 5; round++) await countersign.users.me()
  t.assert.equal(requests.length, 5)
  t.assert.equal(server.connections(), 1)
})

test('a server that is silent is given up', async (t: TestContext) => {
  const { countersign, requests } = await scripted([() => {}], { timeoutSeconds: 0.2, retries: 1 })
  t.assert.equal((await failureOf(countersign.users.me())).code, 'timed_out')
  t.assert.equal(requests.length, 2)
  const half: Step = (_request, response) => void response.writeHead(200, { 'content-length': '1000' }).write('{')
  const slow = await scripted([half], { timeoutSeconds: 0.2, retries: 0 })
  t.assert.equal((await failureOf(slow.countersign.users.me())).code, 'timed_out')
})

test('an abort ends a request, and the wait before the next', async (t: TestContext) => {
  const reason = new Error('changed my mind')
  const silent = await scripted([() => {}])
  const first = new AbortController()
  const asked = silent.countersign.users.me({ signal: first.signal })
  first.abort(reason)
  await t.assert.rejects(asked, reason)

  const second = new AbortController()
  const later: Step = (request, response) => {
    answer(503, { 'retry-after': '30' })(request, response)
    response.on('finish', () => setTimeout(() => second.abort(reason), 50))
  }
  const busy = await scripted([later])
  await t.assert.rejects(busy.countersign.users.me({ signal: second.signal }), reason)
  t.assert.equal(busy.requests.length, 1)
})

test('nobody at the address is told as that, and a POST that never arrived is tried again', async (t: TestContext) => {
  const { server } = await scripted([answer(200)])
  const transport = createTransport({ certificate: undefined, ca: server.ca, timeoutSeconds: 10 })
  let sent = 0
  const counted: Transport = {
    ...transport,
    send(request) {
      sent += 1
      return transport.send(request)
    },
  }
  const countersign = connect({ url: server.url.replace(/\d+$/, '1'), transport: counted, retries: 1 })
  const error = await failureOf(countersign.users.create({ friendly_name: 'Desk', roles: [] }))
  t.assert.equal(error.code, 'connection_failed')
  t.assert.match(error.message, /^No answer from server\.localhost:1: .*ECONNREFUSED/)
  t.assert.equal(sent, 2)
})

test('an answer that is not what it should be is an error', async (t: TestContext) => {
  for (const body of ['', '<html>', '{"id":']) {
    const { countersign } = await scripted([answer(200, { 'content-type': 'text/html' }, body)])
    t.assert.equal((await failureOf(countersign.users.me())).code, 'invalid_answer')
  }
  for (const body of [
    '',
    'null',
    '[]',
    '{"errors":{}}',
    '{"errors":[]}',
    '{"errors":[null]}',
    '{"error":{}}',
    '"no"',
  ]) {
    const { countersign } = await scripted([answer(400, {}, body)])
    const error = await failureOf(countersign.users.me())
    t.assert.equal(error.code, 'invalid_answer')
    t.assert.match(error.message, /answered 400/)
  }
})

test('how long it waits grows, has a bound, and is not the same for all', (t: TestContext) => {
  const attempt = { method: 'GET', isKeyed: false, isRepeatable: true, status: 503, mayHaveArrived: true } as const
  const waits = (random: number, retryAfter?: number): (number | undefined)[] =>
    [0, 1, 2, 9, 10].map((retried) =>
      delayBeforeRetry({ ...attempt, retryAfterSeconds: retryAfter }, retried, {
        retries: 10,
        random: () => random,
        wait: async () => {},
      }),
    )
  t.assert.deepEqual(waits(0), [125, 250, 500, 4000, undefined])
  t.assert.deepEqual(waits(1), [250, 500, 1000, 8000, undefined])
  t.assert.deepEqual(waits(0, 12), [12_000, 12_000, 12_000, 12_000, undefined])
  t.assert.equal(waits(0, 61)[0], undefined)
})

test('Retry-After has seconds or a date', (t: TestContext) => {
  const now = new Date('2026-11-23T08:00:00Z')
  const cases: [string | undefined, number | undefined][] = [
    [undefined, undefined],
    ['12', 12],
    ['Mon, 23 Nov 2026 08:00:30 GMT', 30],
    ['Mon, 23 Nov 2026 07:00:00 GMT', 0],
    ['soon', undefined],
    ['-1', undefined],
    ['1e9', undefined],
  ]
  for (const [header, seconds] of cases) t.assert.equal(retryAfterSeconds(header, now), seconds, header)
})
