import { once } from 'node:events'
import { createServer } from 'node:net'
import { before, type TestContext, test } from 'node:test'
import { type ConnectionOptions, connect } from 'node:tls'
import { ClientHelloError, createClientHelloReader } from '../../src/http/client-hello.ts'

/** What a real client sends first. */
async function hello(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect({ port: (server.address() as { port: number }).port, host: '127.0.0.1', ...options })
  client.on('error', () => {})
  const [socket] = await once(server, 'connection')
  const [bytes] = await once(socket, 'data')
  socket.destroy()
  server.close()
  return bytes
}

let whole: Buffer
before(async () => {
  whole = await hello({ servername: 'ClientAuth.Example.com', ALPNProtocols: ['http/1.1'] })
})

test('the server name is read from real hellos', async (t: TestContext) => {
  t.assert.deepEqual(createClientHelloReader().push(whole), { serverName: 'clientauth.example.com' })
  const bare = await hello({ maxVersion: 'TLSv1.2', servername: '' })
  t.assert.deepEqual(createClientHelloReader().push(bare), { serverName: undefined })
})

test('the hello is the same in any two pieces, and all of it is kept', (t: TestContext) => {
  for (let at = 1; at < whole.length; at++) {
    const reader = createClientHelloReader()
    t.assert.equal(reader.push(whole.subarray(0, at)), undefined)
    t.assert.deepEqual(reader.push(whole.subarray(at)), { serverName: 'clientauth.example.com' })
    t.assert.deepEqual(reader.received(), whole)
  }
})

test('every truncation within a true length is refused, and a byte changed never throws another error', (t: TestContext) => {
  const body = whole.subarray(9)
  for (let length = 0; length < body.length; length++) {
    const cut = Buffer.concat([Buffer.from([22, 3, 1, 0, 0, 1, 0, 0, 0]), body.subarray(0, length)])
    cut.writeUInt16BE(length + 4, 3)
    cut.writeUIntBE(length, 6, 3)
    outcome(cut, (result) =>
      t.assert.equal(result, length === endOfCompression(body) ? 'none' : 'malformed', `${length}`),
    )
  }
  for (let at = 0; at < whole.length; at++) {
    for (const value of [0, 1, 0x7f, 0xff]) {
      const bytes = Buffer.from(whole)
      bytes[at] = value
      outcome(bytes, () => {})
    }
  }
})

/** Where a hello without extensions may end. */
function endOfCompression(body: Buffer): number {
  const session = 34 + 1 + body[34]!
  const ciphers = session + 2 + body.readUInt16BE(session)
  return ciphers + 1 + body[ciphers]!
}

function outcome(bytes: Uint8Array, check: (result: string) => void): void {
  try {
    const result = createClientHelloReader().push(bytes)
    check(result === undefined ? 'more' : (result.serverName ?? 'none'))
  } catch (error) {
    if (!(error instanceof ClientHelloError)) throw error
    check(error.code)
  }
}

test('more than the limit is refused, said or sent', (t: TestContext) => {
  const lying = Buffer.from([22, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff])
  t.assert.throws(() => createClientHelloReader().push(lying), { code: 'too_large' })
  const reader = createClientHelloReader()
  const empty = Buffer.from([22, 3, 1, 0, 1, 0])
  t.assert.equal(reader.push(Buffer.from([22, 3, 1, 0, 4, 1, 0, 0xff, 0xf0])), undefined)
  t.assert.throws(
    () => {
      for (let n = 0; n < 20_000; n++) reader.push(empty)
    },
    { code: 'too_large' },
  )
})
