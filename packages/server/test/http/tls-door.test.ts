import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Socket, connect as tcpConnect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls'
import { bindPort } from '../../src/http/bound-port.ts'
import { type Door, openTlsDoor, type TlsDoor, type TlsDoorOptions, type TlsIdentity } from '../../src/http/tls-door.ts'
import { createTestAuthority } from './test-authority.ts'

const API = 'countersign.localhost'
const CLIENTAUTH = 'clientauth.countersign.localhost'

let authority: Awaited<ReturnType<typeof createTestAuthority>>
let stranger: Awaited<ReturnType<typeof createTestAuthority>>
let identity: TlsIdentity
let client: { certificate: string; privateKey: string }

before(async () => {
  authority = await createTestAuthority('Test Root')
  stranger = await createTestAuthority('Another Root')
  identity = await identityOf('first')
  client = await authority.issue('client')
})

async function identityOf(name: string): Promise<TlsIdentity> {
  const leaf = await authority.issue(name, [API, CLIENTAUTH])
  return { privateKey: leaf.privateKey, chain: leaf.certificate, clientAuthorities: [authority.certificate] }
}

/** Answers with what the door knows; `/slow` waits as long as it is told to. */
async function answer(door: Door, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const socket = request.socket as TLSSocket
  request.resume()
  if (request.url?.startsWith('/slow/')) await sleep(Number(request.url.slice(6)))
  const peer = socket.getPeerX509Certificate()
  response.end(`${door} ${peer ? peer.subject : 'nobody'} ${socket.isSessionReused() ? 'resumed' : 'new'}`)
}

async function withDoor(options: Partial<TlsDoorOptions>, run: (door: TlsDoor) => Promise<void>): Promise<void> {
  const door = openTlsDoor({
    port: await bindPort('127.0.0.1', 0),
    clientauthHost: CLIENTAUTH,
    identity,
    handle: answer,
    ...options,
  })
  try {
    await run(door)
  } finally {
    await door.stop(200)
  }
}

async function open(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = tlsConnect({ port, host: '127.0.0.1', ca: authority.certificate, servername: API, ...options })
  await once(socket, 'secureConnect')
  return socket
}

async function ask(socket: TLSSocket, path = '/', host: string = API): Promise<string> {
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  return body(socket)
}

async function body(socket: TLSSocket): Promise<string> {
  let text = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += chunk
    const [head, content] = text.split('\r\n\r\n')
    const length = Number(/content-length: (\d+)/i.exec(head ?? '')?.[1])
    if (content !== undefined && content.length >= length) return content
  }
  return text
}

const withClient = () => ({ servername: CLIENTAUTH, cert: client.certificate, key: client.privateKey })

/** Resolves with what came and the milliseconds it took until the other side closed. */
async function untilClosed(socket: Socket): Promise<{ text: string; took: number }> {
  const begin = Date.now()
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  // A reset is an end, too; `once` of events would throw it.
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('close', resolve))
  return { text, took: Date.now() - begin }
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`${version}: the name in the hello chooses the server, and only mutual TLS asks for a certificate`, async (t: TestContext) => {
    await withDoor({}, async ({ port }) => {
      const options = { minVersion: version, maxVersion: version, cert: client.certificate, key: client.privateKey }
      for (const [servername, expected] of [
        [API, 'api nobody new'],
        [CLIENTAUTH, 'clientauth CN=client new'],
        [CLIENTAUTH.toUpperCase(), 'clientauth CN=client new'],
        ['example.com', 'api nobody new'],
        ['', 'api nobody new'],
      ] as const) {
        const socket = await open(port, { ...options, servername, checkServerIdentity: () => undefined })
        t.assert.equal(await ask(socket, '/', CLIENTAUTH), expected, servername)
        t.assert.equal(socket.getProtocol(), version)
        t.assert.equal(socket.alpnProtocol, false)
        socket.destroy()
      }
    })
  })

  test(`${version}: mutual TLS takes connections without a certificate, or with a stranger's, up to HTTP`, async (t: TestContext) => {
    const other = await stranger.issue('stranger')
    await withDoor({}, async ({ port }) => {
      const bare = await open(port, { servername: CLIENTAUTH, maxVersion: version })
      t.assert.equal(await ask(bare), 'clientauth nobody new')
      const wrong = await open(port, {
        servername: CLIENTAUTH,
        maxVersion: version,
        cert: other.certificate,
        key: other.privateKey,
      })
      t.assert.equal(await ask(wrong), 'clientauth CN=stranger new')
      bare.destroy()
      wrong.destroy()
    })
  })

  test(`${version}: a session is resumed on its own server, and on no other`, async (t: TestContext) => {
    await withDoor({}, async ({ port }) => {
      const options = { maxVersion: version, ...withClient() }
      const first = await open(port, options)
      const saved = once(first, 'session')
      t.assert.equal(await ask(first), 'clientauth CN=client new')
      const [session] = version === 'TLSv1.2' ? [first.getSession()] : await saved
      first.destroy()

      const again = await open(port, { ...options, session })
      t.assert.equal(await ask(again), 'clientauth CN=client resumed')
      again.destroy()
      const elsewhere = await open(port, { maxVersion: version, servername: API, session })
      t.assert.equal(await ask(elsewhere), 'api nobody new')
      elsewhere.destroy()

      const api = await open(port, { maxVersion: version, servername: API })
      const savedApi = once(api, 'session')
      await ask(api)
      const [apiSession] = version === 'TLSv1.2' ? [api.getSession()] : await savedApi
      api.destroy()
      const crossed = await open(port, { ...options, session: apiSession })
      t.assert.equal(await ask(crossed), 'clientauth CN=client new')
      crossed.destroy()
    })
  })
}

test('a hello in single bytes, and in records of one byte, opens the connection', async (t: TestContext) => {
  await withDoor({}, async ({ port }) => {
    for (const pieces of ['segments', 'records'] as const) {
      // A proxy between a real TLS client and the door that cuts the hello up.
      const proxy = createServer((inner) => {
        const outer = tcpConnect(port, '127.0.0.1')
        outer.setNoDelay(true)
        inner.once('data', async (hello) => {
          inner.pause()
          const bytes =
            pieces === 'segments'
              ? [...hello].map((byte) => Buffer.from([byte]))
              : [...hello.subarray(5)].map((byte) => Buffer.from([22, 3, 1, 0, 1, byte]))
          for (const [index, piece] of bytes.entries()) {
            outer.write(piece)
            if (index % 50 === 0) await sleep(1)
          }
          inner.pipe(outer)
          outer.pipe(inner)
        })
        inner.on('error', () => {})
        outer.on('error', () => {})
      })
      proxy.listen(0, '127.0.0.1')
      await once(proxy, 'listening')
      const { port: proxyPort } = proxy.address() as { port: number }
      const socket = await open(proxyPort, { ...withClient(), maxVersion: 'TLSv1.2' })
      t.assert.equal(await ask(socket), 'clientauth CN=client new', pieces)
      socket.destroy()
      proxy.close()
    }
  })
})

test('plain HTTP is told what the port speaks, and garbage gets an alert', async (t: TestContext) => {
  await withDoor({}, async ({ port }) => {
    const http = tcpConnect(port, '127.0.0.1')
    http.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    const { text, took } = await untilClosed(http)
    t.assert.match(text, /^HTTP\/1\.1 400 .*https:\/\//s)
    t.assert.ok(took < 1_500)
    for (const garbage of [Buffer.alloc(100), Buffer.from('SSH-2.0-x\r\n'), Buffer.from([22, 3, 1, 0, 0])]) {
      const socket = tcpConnect(port, '127.0.0.1')
      socket.write(garbage)
      t.assert.deepEqual([...Buffer.from((await untilClosed(socket)).text, 'latin1')], [21, 3, 1, 0, 2, 2, 10])
    }
    const whole = await open(port)
    t.assert.equal(await ask(whole), 'api nobody new')
    whole.destroy()
  })
})

test('TLS 1.1, and a client that speaks only HTTP/2, get no connection', async (t: TestContext) => {
  await withDoor({}, async ({ port }) => {
    await t.assert.rejects(open(port, { ALPNProtocols: ['h2'] }), {
      code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    })
    await t.assert.rejects(
      open(port, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }),
      /alert protocol version|unsupported/i,
    )
  })
})

test('a client that says nothing, half a hello, or nothing after it, is closed in time', async (t: TestContext) => {
  await withDoor({ limits: { helloMs: 150, handshakeMs: 300 } }, async ({ port }) => {
    const hello = await captureHello()
    const silent = tcpConnect(port, '127.0.0.1')
    const half = tcpConnect(port, '127.0.0.1')
    half.write(hello.subarray(0, 40))
    // Each byte of the drip would reset a time-out of inactivity.
    const drip = tcpConnect(port, '127.0.0.1')
    let at = 0
    const timer = setInterval(() => drip.writable && drip.write(hello.subarray(at, ++at)), 20)
    t.after(() => clearInterval(timer))
    const stalled = tcpConnect(port, '127.0.0.1')
    stalled.write(hello)
    const [a, b, c, d] = await Promise.all([silent, half, drip, stalled].map(untilClosed))
    for (const end of [a, b, c]) t.assert.ok(end!.took >= 100 && end!.took < 1_000, `${end!.took} ms`)
    t.assert.ok(d!.took >= 250 && d!.took < 1_500, `${d!.took} ms`)
  })
})

async function captureHello(): Promise<Buffer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = tlsConnect({ port: (server.address() as { port: number }).port, host: '127.0.0.1', servername: API })
  client.on('error', () => {})
  const [socket] = await once(server, 'connection')
  const [hello] = await once(socket, 'data')
  socket.destroy()
  server.close()
  return hello
}

test('slow headers and slow bodies get 408 and the end, on a server that is only handed connections', async (t: TestContext) => {
  const limits = { headersMs: 200, requestMs: 400, checkMs: 50 }
  const neverAnswers = (_door: Door, request: IncomingMessage) => void request.resume()
  await withDoor({ limits, handle: neverAnswers }, async ({ port }) => {
    const headers = await open(port)
    headers.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ')
    const drip = setInterval(() => headers.writable && headers.write('a'), 50)
    const slowBody = await open(port)
    slowBody.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n')
    const dripBody = setInterval(() => slowBody.writable && slowBody.write('a'), 50)
    const [first, second] = await Promise.all([untilClosed(headers), untilClosed(slowBody)])
    clearInterval(drip)
    clearInterval(dripBody)
    t.assert.match(first.text, /^HTTP\/1\.1 408 /)
    t.assert.ok(first.took < 2_000, `${first.took} ms`)
    t.assert.match(second.text, /^HTTP\/1\.1 408 /)
    t.assert.ok(second.took < 2_000, `${second.took} ms`)
  })
})

test('a new certificate is shown from the next handshake on, and open connections stay', async (t: TestContext) => {
  const next = await identityOf('second')
  await withDoor({}, async (door) => {
    for (const servername of [API, CLIENTAUTH]) {
      const old = await open(door.port, { servername })
      t.assert.equal(old.getPeerX509Certificate()!.subject, 'CN=first')
      door.setIdentity(next)
      const fresh = await open(door.port, { ...withClient(), servername })
      t.assert.equal(fresh.getPeerX509Certificate()!.subject, 'CN=second')
      t.assert.match(await ask(fresh), servername === API ? /^api nobody/ : /^clientauth CN=client/)
      t.assert.match(await ask(old), /nobody/)
      old.destroy()
      fresh.destroy()
      door.setIdentity(identity)
    }
  })
})

test('a client of TLS 1.2 cannot negotiate anew', async (t: TestContext) => {
  await withDoor({}, async (door) => {
    const socket = await open(door.port, { servername: CLIENTAUTH, maxVersion: 'TLSv1.2' })
    t.assert.match(await ask(socket), /nobody/)
    const outcome = await new Promise((resolve) => {
      socket.on('error', resolve)
      socket.on('close', () => resolve('closed'))
      socket.renegotiate({ rejectUnauthorized: false }, (error) => resolve(error ?? 'done'))
      setTimeout(resolve, 1_000, 'ignored').unref()
    })
    t.assert.notEqual(outcome, 'done')
    socket.destroy()
  })
})

test('connections that say nothing do not keep others out', async (t: TestContext) => {
  await withDoor({ maxPending: 5 }, async (door) => {
    const silent = Array.from({ length: 20 }, () => tcpConnect(door.port, '127.0.0.1').on('error', () => {}))
    await Promise.all(silent.map((socket) => once(socket, 'connect')))
    const socket = await open(door.port)
    t.assert.match(await ask(socket), /^api nobody/)
    await sleep(100)
    t.assert.ok(silent.filter((one) => !one.closed).length <= 5)
    for (const one of [socket, ...silent]) one.destroy()
  })
})

test('stop lets running requests finish, closes idle connections, and accepts no more', async (t: TestContext) => {
  const door = openTlsDoor({
    port: await bindPort('127.0.0.1', 0),
    clientauthHost: CLIENTAUTH,
    identity,
    handle: answer,
  })
  const idle = await open(door.port)
  await ask(idle)
  const unused = await open(door.port)
  const busy = await open(door.port)
  const pending = tcpConnect(door.port, '127.0.0.1')
  await once(pending, 'connect')
  const closings = [idle, unused, pending].map(untilClosed)
  busy.write(`GET /slow/300 HTTP/1.1\r\nHost: ${API}\r\n\r\n`)
  await sleep(50)
  const begin = Date.now()
  const stopped = door.stop(5_000)
  const { text } = await untilClosed(busy)
  t.assert.match(text, /^HTTP\/1\.1 200 .*api nobody new$/s)
  t.assert.match(text, /connection: close/i)
  await stopped
  for (const closing of closings) t.assert.ok((await closing).took < 300)
  t.assert.ok(Date.now() - begin < 1_500, 'it does not wait for its whole time')
  await t.assert.rejects(open(door.port), { code: 'ECONNREFUSED' })
})

test('stop cuts what does not end in time', async (t: TestContext) => {
  const door = openTlsDoor({
    port: await bindPort('127.0.0.1', 0),
    clientauthHost: CLIENTAUTH,
    identity,
    handle: answer,
  })
  const busy = await open(door.port)
  busy.write(`GET /slow/3000 HTTP/1.1\r\nHost: ${API}\r\n\r\n`)
  await sleep(50)
  const closed = untilClosed(busy)
  await door.stop(200)
  t.assert.ok((await closed).took < 1_000)
})

const openssl = spawnSync('openssl', ['version']).status === 0

test('openssl s_client agrees about both servers and about resumption', {
  skip: !openssl && 'no openssl here',
}, async (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'tls-door-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'ca.pem'), authority.certificate)
  writeFileSync(join(folder, 'cert.pem'), client.certificate)
  writeFileSync(join(folder, 'key.pem'), client.privateKey)
  const sClient = (args: string[], input: string): Promise<string> =>
    new Promise((resolve) => {
      const child = execFile(
        'openssl',
        ['s_client', '-CAfile', 'ca.pem', '-ign_eof', ...args],
        { cwd: folder },
        (_e, out, err) => resolve(out + err),
      )
      child.stdin!.end(input)
    })
  const request = `GET / HTTP/1.1\r\nHost: ${CLIENTAUTH}\r\nConnection: close\r\n\r\n`
  await withDoor({}, async ({ port }) => {
    const at = ['-connect', `127.0.0.1:${port}`]
    const mutual = ['-servername', CLIENTAUTH, '-cert', 'cert.pem', '-key', 'key.pem']
    for (const version of ['-tls1_2', '-tls1_3']) {
      const first = await sClient([...at, ...mutual, version, '-sess_out', 'session.pem'], request)
      t.assert.match(first, /clientauth CN=client new/)
      t.assert.match(first, /Acceptable client certificate CA names\s+CN = Test Root/)
      t.assert.match(first, /Verify return code: 0 \(ok\)/)
      const again = await sClient([...at, ...mutual, version, '-sess_in', 'session.pem'], request)
      t.assert.match(again, /clientauth CN=client resumed/)
      const api = await sClient([...at, '-servername', API, version], request)
      t.assert.match(api, /api nobody new/)
      t.assert.match(api, /No client certificate CA names sent/)
      const none = await sClient([...at, '-noservername', version], request)
      t.assert.match(none, /api nobody new/)
    }
  })
})
