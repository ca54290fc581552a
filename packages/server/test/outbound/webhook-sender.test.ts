import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createOutbound } from '../../src/outbound/outbound.ts'
import { createWebhookSender, webhookSignature } from '../../src/outbound/webhook-sender.ts'
import { createTestAuthority } from '../http/test-authority.ts'

const delivery = { id: 'a-delivery', event: 'api_key.ending', body: '{"name":"Überseering"}' } as const
const secret = new Uint8Array(32).fill(7)
const before = new Uint8Array(32).fill(8)
const at = new Date('2026-03-04T05:06:07.891Z')

/** A receiver under TLS on this machine, and what it heard. */
async function startReceiver(t: TestContext, answer: { status: number }) {
  const authority = await createTestAuthority('Receivers')
  const leaf = await authority.issue('localhost', ['localhost'])
  const heard: { headers: Record<string, unknown>; body: string; method: string | undefined }[] = []
  const server = createServer({ cert: leaf.certificate, key: leaf.privateKey }, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    heard.push({ headers: request.headers, method: request.method, body: Buffer.concat(chunks).toString() })
    response.writeHead(answer.status, { location: 'https://localhost/' }).end('x'.repeat(100_000))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `https://localhost:${(server.address() as AddressInfo).port}/hook`
  const outbound = createOutbound({
    isOwn: () => true,
    resolve: async () => ['127.0.0.1'],
    tlsAuthorities: [authority.certificate],
  })
  return { url, heard, outbound }
}

test('a delivery is a signed POST that any success takes', async (t: TestContext) => {
  const answer = { status: 200 }
  const { url, heard, outbound } = await startReceiver(t, answer)
  const send = createWebhookSender(outbound, () => undefined)
  for (const status of [200, 202, 204]) {
    answer.status = status
    t.assert.deepEqual(
      await send({ url, secrets: [secret, before], delivery, at }),
      { fault: undefined, answerStatus: status },
      String(status),
    )
  }
  const [{ headers, method, body } = {} as never] = heard
  t.assert.deepEqual([method, body, headers['content-type']], ['POST', delivery.body, 'application/json'])
  t.assert.deepEqual([headers['webhook-id'], headers['webhook-timestamp']], [delivery.id, '1772600767'])
  const signed = `${delivery.id}.1772600767.${body}`
  t.assert.equal(
    headers['webhook-signature'],
    [secret, before].map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`).join(' '),
  )
})

test("the signature is the one of the specification's own example", (t: TestContext) => {
  // From "Verifying signatures" of the specification's libraries (standardwebhooks.com).
  const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')
  const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek'
  const signature = webhookSignature(key, { id, at: new Date(1_614_265_330_000), body: '{"test": 2432232314}' })
  t.assert.equal(signature, 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
})

test('another secret, id, moment or body is another signature', (t: TestContext) => {
  const message = { id: 'a', at, body: 'b' }
  const one = webhookSignature(secret, message)
  t.assert.notEqual(webhookSignature(before, message), one)
  t.assert.notEqual(webhookSignature(secret, { ...message, id: 'c' }), one)
  t.assert.notEqual(webhookSignature(secret, { ...message, at: new Date(at.getTime() + 1000) }), one)
  t.assert.notEqual(webhookSignature(secret, { ...message, body: 'c' }), one)
})

test('redirects and errors are no success, and the owner hears which', async (t: TestContext) => {
  const answer = { status: 302 }
  const { url, heard, outbound } = await startReceiver(t, answer)
  const send = createWebhookSender(outbound, () => undefined)
  for (const status of [302, 401, 500]) {
    answer.status = status
    t.assert.deepEqual(await send({ url, secrets: [secret], delivery, at }), {
      fault: `it answered with status ${status}`,
      answerStatus: status,
    })
  }
  t.assert.equal(heard.length, 3)
})

test('nothing goes to private addresses, other ports or under certificates of strangers, and no address is told', async (t: TestContext) => {
  const { url, heard } = await startReceiver(t, { status: 200 })
  const logged: string[] = []
  const sendWith = (resolved: string | undefined, isOwn = false) =>
    createWebhookSender(
      createOutbound({ resolve: async () => (resolved ? [resolved] : []), isOwn: () => isOwn }),
      (_id, { message }) => logged.push(message),
    )
  const to = (target: string) => ({ url: target, secrets: [secret], delivery, at })
  const faults = [
    await sendWith('10.1.2.3')(to('https://hooks.example.com/')),
    // A name of the inside tells by nothing that it is there.
    await sendWith(undefined)(to('https://hooks.example.com/')),
    await sendWith('127.0.0.1')(to('https://hooks.example.com/')),
    await sendWith('8.8.8.8')(to('https://169.254.169.254/latest/meta-data')),
    await sendWith('8.8.8.8')(to(url)),
    await sendWith('127.0.0.1', true)(to(url)),
  ]
  t.assert.deepEqual(
    faults.map(({ fault }) => fault),
    [
      'the host has no public address',
      'the host has no public address',
      'the host has no public address',
      'the host has no public address',
      'the port is not one that is asked',
      'no connection, or none under a certificate that is trusted',
    ],
  )
  t.assert.match(logged[0]!, /10\.1\.2\.3/)
  t.assert.equal(heard.length, 0)
})
