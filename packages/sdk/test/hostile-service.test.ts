/** A service whose answers are anything: the caller hears that they are, and nothing is signed by them. */
import type { ServerResponse } from 'node:http'
import { request as secureRequest } from 'node:https'
import { after, before, type TestContext, test } from 'node:test'
import { missing } from '../../../test/command.ts'
import { noise } from '../../../test/pictures.ts'
import { connect } from '../src/index.ts'
import { failureOf } from './failure.ts'
import { selfSigned } from './identity.ts'
import { PIN, type StrictCsc, startStrictCsc } from './strict-csc.ts'
import { startTlsServer, type TlsServer } from './tls-server.ts'

const skip = missing('openssl')

/** What becomes of an answer; undefined once it has answered by itself. */
type Twist = (answer: Record<string, unknown>, response: ServerResponse) => unknown

let honest: StrictCsc
let hostile: TlsServer
let picture: Buffer
let method = ''
let twist: Twist = (answer) => answer
let calls = 0

before(async () => {
  picture = await noise('image/jpeg', 64, 40)
  if (skip) return
  honest = await startStrictCsc()
  hostile = await startTlsServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece)
    calls += 1
    const { status, text } = await pass(request.url ?? '', Buffer.concat(pieces))
    const answer = request.url?.endsWith(method) ? twist(JSON.parse(text), response) : JSON.parse(text)
    if (answer !== undefined) response.writeHead(status).end(JSON.stringify(answer))
  })
})
after(async () => {
  await hostile?.stop()
  await honest?.stop()
})

/** Asks the honest one. */
function pass(path: string, body: Buffer): Promise<{ readonly status: number; readonly text: string }> {
  const { hostname, port } = new URL(honest.url)
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, servername: hostname, path, method: 'POST', ca: honest.ca }
    const outgoing = secureRequest(options, async (incoming) => {
      const pieces: Buffer[] = []
      for await (const piece of incoming) pieces.push(piece)
      resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(pieces).toString() })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Signs while one method's answers are twisted. */
async function sign(of: string, by: Twist): Promise<Uint8Array> {
  method = of
  twist = by
  calls = 0
  const { url, ca } = hostile
  const countersign = connect({ url, clientAuthUrl: url, ca, certificate: await selfSigned('A client') })
  try {
    return (await countersign.signImage(picture, { credentialId: 'EC desk', pin: PIN })).bytes
  } finally {
    countersign.close()
  }
}

test('a service that does not say how many signatures it makes at once is asked for one', {
  skip,
}, async (t: TestContext) => {
  for (const multisign of [undefined, null, 0, -1, 1.5, 'x', {}]) {
    const signed = await sign('credentials/info', (answer) => ({ ...answer, multisign }))
    t.assert.ok(signed.length > picture.length)
  }
})

test('an answer without what was asked for is an invalid one, and the PIN is not in what is said', {
  skip,
}, async (t: TestContext) => {
  const twisted: readonly (readonly [of: string, answers: readonly unknown[]])[] = [
    [
      'credentials/info',
      [null, [], {}, { cert: 5 }, { cert: { certificates: [5] } }, { cert: { certificates: ['AAAA'] } }],
    ],
    ['credentials/authorize', [null, {}, { SAD: 5 }, { SAD: '' }]],
    [
      'signatures/signHash',
      [null, {}, ...[[], [5], ['!'], ['AAAA'], ['AAAA', 'AAAA']].map((signatures) => ({ signatures }))],
    ],
    ['signatures/timestamp', [null, {}, { timestamp: 5 }, { timestamp: '!' }]],
  ]
  for (const [of, answers] of twisted)
    for (const answer of answers) {
      const { code, message } = await failureOf(sign(of, () => answer))
      const what = `${of} ${JSON.stringify(answer)}: ${message}`
      t.assert.equal(code, 'invalid_answer', what)
      t.assert.ok(!message.includes(PIN), what)
    }
})

test('an answer without an end is not read to it, nor asked for again', { skip }, async (t: TestContext) => {
  const { code } = await failureOf(
    sign('signatures/signHash', (_, response) => {
      const piece = Buffer.alloc(1024 * 1024, ' ')
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
      }
      response.on('drain', more).writeHead(200)
      more()
    }),
  )
  t.assert.equal(code, 'invalid_answer')
  t.assert.equal(calls, 3)
})

test('a service that sends elsewhere is not followed', { skip }, async (t: TestContext) => {
  const away = sign('credentials/authorize', (_, response) => {
    response.writeHead(307, { location: 'http://127.0.0.1:9/' }).end()
  })
  const { code, status } = await failureOf(away)
  t.assert.deepEqual([code, status], ['invalid_answer', 307])
})
