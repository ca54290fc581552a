import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createOutbound, type OutboundOptions, type OutboundRequest } from '../../src/outbound/outbound.ts'
import { OutboundError } from '../../src/outbound/outbound-error.ts'
import { openssl, skipWithoutOpenssl } from '../openssl.ts'

/** A server on this machine that does as it is told, and counts who came. */
let behave: RequestListener = (_request, response) => void response.end()
let visits = 0
const server = createServer((request, response) => behave(request, response))
server.on('connection', () => visits++)
let port: number
let origin: string

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  origin = `http://127.0.0.1:${port}`
})
after(() => {
  server.closeAllConnections()
  server.close()
})

const LIMITS = { mostBytes: 1000, timeoutMs: 3000 }

function fetchWith(options: OutboundOptions, url: string, request: Partial<OutboundRequest> = {}) {
  return createOutbound(options)({ url, ...LIMITS, ...request })
}

/** All of an origin. */
function own(mine: string): OutboundOptions {
  return { isOwn: ({ origin }) => origin === mine }
}

/** Of the server on this machine, which is one of our own here. */
function fetchHere(path: string, request: Partial<OutboundRequest> = {}) {
  return fetchWith(own(origin), `${origin}${path}`, request)
}

async function faultOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'none'
  } catch (error) {
    if (error instanceof OutboundError) return error.fault
    throw error
  }
}

/** Gives these addresses, and counts how often it was asked. */
function resolver(...addresses: string[]) {
  const asked: string[] = []
  return {
    asked,
    resolve: async (name: string) => {
      asked.push(name)
      return addresses
    },
  }
}

test('what is asked comes back with its media type; what is sent arrives', async (t: TestContext) => {
  behave = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      response.setHeader('content-type', 'Application/OCSP-Response; charset=utf-8')
      response.end(`${request.method} ${request.url} ${request.headers['content-type']} ${Buffer.concat(chunks)}`)
    })
  }
  const get = await fetchHere('/a?b=c', { accept: ['application/ocsp-response'] })
  t.assert.equal(Buffer.from(get.bytes).toString(), 'GET /a?b=c undefined ')
  t.assert.equal(get.mediaType, 'application/ocsp-response')
  const post = await fetchHere('/', { body: { mediaType: 'application/ocsp-request', bytes: Buffer.from('hello') } })
  t.assert.equal(Buffer.from(post.bytes).toString(), 'POST / application/ocsp-request hello')
})

test('no address of this machine or its network, in whatever words, is connected to', async (t: TestContext) => {
  behave = (_request, response) => void response.end('secret')
  const before = visits
  for (const host of [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '017700000001',
    '0177.0.0.1',
    '0',
    '0.0.0.0',
    '１２７.0.0.1',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[64:ff9b::127.0.0.1]',
    '[2002:7f00:1::]',
    '169.254.169.254',
    '10.0.0.1',
    '[fe80::1]',
    '[fd00::1]',
  ])
    t.assert.equal(await faultOf(fetchWith({}, `http://${host}/`)), 'address', host)
  // At the very port, too: what is refused is the address then, where the port is one that is asked.
  t.assert.equal(await faultOf(fetchWith({}, `${origin}/`)), 'port')
  t.assert.equal(visits, before)
})

test('localhost, and names that DNS leads back here, are not connected to', async (t: TestContext) => {
  const before = visits
  t.assert.notEqual(await faultOf(fetchWith({}, 'http://localhost/')), 'none')
  for (const addresses of [['127.0.0.1'], ['::1'], ['93.184.216.34', '10.0.0.1'], ['::ffff:10.0.0.1'], ['192.168.0.1']])
    t.assert.equal(await faultOf(fetchWith(resolver(...addresses), 'http://example.com/')), 'address', `${addresses}`)
  t.assert.equal(await faultOf(fetchWith(resolver(), 'http://example.com/')), 'name')
  t.assert.equal(await faultOf(fetchWith(resolver('example.org'), 'http://example.com/')), 'name')
  t.assert.equal(visits, before)
})

test('a name is looked up once, and what was found is what is connected to', async (t: TestContext) => {
  behave = (request, response) => void response.end(request.headers.host)
  const ours = `http://responder.test:${port}`
  const { asked, resolve } = resolver('127.0.0.1')
  const { bytes } = await fetchWith({ ...own(ours), resolve }, `${ours}/`)
  t.assert.equal(Buffer.from(bytes).toString(), `responder.test:${port}`)
  t.assert.deepEqual(asked, ['responder.test'])
})

test('URLs that are not of the web, name a user, another port or a name with a dot behind are refused', async (t: TestContext) => {
  const options = resolver('127.0.0.1')
  for (const [url, fault] of [
    ['file:///etc/passwd', 'url'],
    ['ftp://example.com/', 'url'],
    ['data:,x', 'url'],
    ['gopher://example.com/', 'url'],
    ['//example.com/', 'url'],
    ['', 'url'],
    ['http://', 'url'],
    ['http://user@example.com/', 'url'],
    ['http://:password@example.com/', 'url'],
    ['http://example.com@127.0.0.1/', 'url'],
    ['http://localhost./', 'url'],
    [`http://example.com/${'a'.repeat(3000)}`, 'url'],
    ['http://example.com:22/', 'port'],
    ['http://example.com:8080/', 'port'],
    ['https://example.com:6379/', 'port'],
  ] as const)
    t.assert.equal(await faultOf(fetchWith(options, url)), fault, url.slice(0, 60))
  t.assert.deepEqual(options.asked, [])
})

test('what is our own is exempt, and nothing else', async (t: TestContext) => {
  for (const other of [`https://127.0.0.1:${port}`, 'http://127.0.0.1', `http://localhost:${port}`])
    t.assert.equal(await faultOf(fetchWith(own(other), `${origin}/`)), 'port', other)
})

test('redirects lead nowhere', async (t: TestContext) => {
  for (const status of [301, 302, 303, 307, 308]) {
    const before = visits
    behave = (_request, response) => void response.writeHead(status, { location: `${origin}/secret` }).end()
    t.assert.equal(await faultOf(fetchHere('/')), 'status')
    t.assert.equal(visits, before + 1)
  }
})

test('other statuses than 200 are no answer', async (t: TestContext) => {
  for (const status of [204, 206, 401, 404, 500]) {
    behave = (_request, response) => void response.writeHead(status).end('x')
    t.assert.equal(await faultOf(fetchHere('/')), 'status')
  }
})

test('answers are as long as they may be, and no longer', async (t: TestContext) => {
  behave = (_request, response) => void response.end(Buffer.alloc(1000))
  t.assert.equal((await fetchHere('/')).bytes.length, 1000)
  behave = (_request, response) => void response.end(Buffer.alloc(1001))
  t.assert.equal(await faultOf(fetchHere('/')), 'size')
})

test('an endless answer in chunks is cut off', { timeout: 10_000 }, async (t: TestContext) => {
  let written = 0
  let isOpen = true
  behave = (_request, response) => {
    response.on('close', () => {
      isOpen = false
    })
    const more = (): void => {
      if (!isOpen) return
      written += 65_536
      response.write(Buffer.alloc(65_536), () => setImmediate(more))
    }
    more()
  }
  t.assert.equal(await faultOf(fetchHere('/', { timeoutMs: 10_000 })), 'size')
  while (isOpen) await new Promise((resolve) => setTimeout(resolve, 10))
  t.assert.ok(written < 50 * 1024 * 1024)
})

test('a length that lies is no answer', async (t: TestContext) => {
  behave = (_request, response) => {
    response.writeHead(200, { 'content-length': '500' })
    response.write('short')
    setImmediate(() => response.socket?.destroy())
  }
  t.assert.equal(await faultOf(fetchHere('/')), 'connection')
  behave = (_request, response) => void response.writeHead(200, { 'content-length': '99999999999' }).flushHeaders()
  t.assert.equal(await faultOf(fetchHere('/')), 'size')
})

test('nothing compressed is taken, so that nothing has to be unpacked', async (t: TestContext) => {
  const bomb = gzipSync(Buffer.alloc(10_000_000)).subarray(0, 900)
  for (const encoding of ['gzip', 'br', 'deflate, gzip']) {
    behave = (request, response) => {
      t.assert.equal(request.headers['accept-encoding'], 'identity')
      response.writeHead(200, { 'content-encoding': encoding }).end(bomb)
    }
    t.assert.equal(await faultOf(fetchHere('/')), 'encoding')
  }
})

test('an answer of another media type is none', async (t: TestContext) => {
  for (const type of ['text/html', undefined, '']) {
    behave = (_request, response) => {
      if (type !== undefined) response.setHeader('content-type', type)
      response.end('x')
    }
    t.assert.equal(await faultOf(fetchHere('/', { accept: ['application/c2pa'] })), 'type')
  }
})

test('a drip, a silence and a name that no server knows end in time', { timeout: 10_000 }, async (t: TestContext) => {
  behave = (_request, response) => {
    const drip = setInterval(() => response.write('.'), 20)
    response.on('close', () => clearInterval(drip))
  }
  t.assert.equal(await faultOf(fetchHere('/', { timeoutMs: 300 })), 'time')
  behave = () => undefined
  t.assert.equal(await faultOf(fetchHere('/', { timeoutMs: 300 })), 'time')
  const never = { resolve: () => new Promise<string[]>(() => undefined) }
  t.assert.equal(await faultOf(fetchWith(never, 'http://example.com/', { timeoutMs: 100 })), 'time')
  t.assert.equal(await faultOf(fetchHere('/', { signal: AbortSignal.abort() })), 'time')
})

test('what speaks no HTTP, upgrades, or sends headers without end is no answer', async (t: TestContext) => {
  for (const text of [
    'SSH-2.0-OpenSSH_9.9\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    `HTTP/1.1 200 OK\r\n${'x-header: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(500)}\r\n`,
  ]) {
    const raw = createSocketServer((socket) => {
      socket.on('error', () => undefined)
      socket.end(text)
    })
    raw.listen(0, '127.0.0.1')
    await once(raw, 'listening')
    const ours = `http://127.0.0.1:${(raw.address() as AddressInfo).port}`
    t.assert.equal(await faultOf(fetchWith(own(ours), `${ours}/`)), 'connection', text.slice(0, 20))
    raw.close()
  }
})

test('TLS: a certificate of a known authority for the very name, or nothing', async (t: TestContext) => {
  if (skipWithoutOpenssl(t)) return
  const folder = mkdtempSync(join(tmpdir(), 'countersign-outbound-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const make = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=responder.test'
  openssl(t, folder, [...make.split(' '), '-addext', 'subjectAltName=DNS:responder.test', '-keyout', key, '-out', cert])
  const tls = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) =>
    response.end('hello'),
  )
  tls.listen(0, '127.0.0.1')
  await once(tls, 'listening')
  t.after(() => tls.close())
  const tlsPort = (tls.address() as AddressInfo).port
  const ask = (name: string, tlsAuthorities?: string[]) =>
    fetchWith(
      {
        ...resolver('127.0.0.1'),
        ...own(`https://${name}:${tlsPort}`),
        ...(tlsAuthorities ? { tlsAuthorities } : {}),
      },
      `https://${name}:${tlsPort}/`,
    )
  const authorities = [readFileSync(cert, 'utf8')]
  t.assert.equal(Buffer.from((await ask('responder.test', authorities)).bytes).toString(), 'hello')
  t.assert.equal(await faultOf(ask('other.test', authorities)), 'connection')
  t.assert.equal(await faultOf(ask('responder.test')), 'connection')
})
