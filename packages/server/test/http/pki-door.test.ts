import { execFile, spawnSync } from 'node:child_process'
import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { TimeStampReq, TimeStampResp, timeStampRequest, timeStampTokenOf } from '@countersign/pki'
import { AUTHORITY_PURPOSES } from '../../src/domain/authority.ts'
import { startTestPlatform, type TestPlatform } from './test-platform.ts'

let platform: TestPlatform
let folder: string
before(async () => {
  platform = await startTestPlatform()
  folder = await mkdtemp(join(tmpdir(), 'pki-door-'))
})
after(async () => {
  await platform.stop()
  await rm(folder, { recursive: true, force: true })
})

const ask = (path: string, init?: RequestInit): Promise<Response> => fetch(`${platform.pkiUrl}${path}`, init)
const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer())
const post = (path: string, type: string, body: Uint8Array): Promise<Response> =>
  ask(path, { method: 'POST', headers: { 'content-type': type }, body: new Uint8Array(body) })

const openssl = spawnSync('openssl', ['version']).status === 0
const skip = !openssl && 'no openssl here'
async function runOpenssl(...args: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)('openssl', args, { cwd: folder })
  return stdout + stderr
}

test('each authority has its certificate and its list, with headers that let them be kept', async (t: TestContext) => {
  for (const purpose of AUTHORITY_PURPOSES) {
    const certificate = await ask(`/ca/${purpose}.cer`)
    t.assert.equal(certificate.headers.get('content-type'), 'application/pkix-cert')
    const parsed = new X509Certificate(await bytesOf(certificate))
    t.assert.ok(parsed.ca)
    const pem = await (await ask(`/ca/${purpose}.pem`)).text()
    t.assert.equal(new X509Certificate(pem).fingerprint256, parsed.fingerprint256)
    const list = await ask(`/crl/${purpose}.crl`)
    t.assert.equal(list.status, 200)
    t.assert.equal(list.headers.get('content-type'), 'application/pkix-crl')
    t.assert.match(list.headers.get('cache-control') ?? '', /^public, max-age=\d+/)
    t.assert.ok(new Date(list.headers.get('expires') ?? '') > new Date())
    t.assert.ok(new Date(list.headers.get('last-modified') ?? '') <= new Date())
  }
  t.assert.equal(await (await ask('/ca.pem')).text(), platform.ca)
  const head = await ask('/ca.pem', { method: 'HEAD' })
  t.assert.equal(Number(head.headers.get('content-length')), platform.ca.length)
  t.assert.equal(await head.text(), '')
})

test('openssl verifies a list, and asks OCSP about a certificate by POST', { skip }, async (t: TestContext) => {
  await writeFile(join(folder, 'ca.pem'), platform.ca)
  await writeFile(join(folder, 'issuer.pem'), await (await ask('/ca/client-auth.pem')).text())
  await writeFile(join(folder, 'cert.pem'), platform.certificate)
  await writeFile(join(folder, 'list.crl'), await bytesOf(await ask('/crl/client-auth.crl')))
  t.assert.match(
    await runOpenssl(
      'crl',
      '-inform',
      'DER',
      '-in',
      'list.crl',
      '-noout',
      '-CAfile',
      'issuer.pem',
      '-verify',
      '-crlnumber',
    ),
    /verify OK/,
  )
  const answer = await runOpenssl(
    ...['ocsp', '-issuer', 'issuer.pem', '-cert', 'cert.pem', '-CAfile', 'ca.pem'],
    ...['-url', `${platform.pkiUrl}/ocsp/client-auth`, '-reqout', 'request.der'],
  )
  t.assert.match(answer, /Response verify OK/)
  t.assert.match(answer, /cert.pem: good/)
})

test('OCSP by GET takes the request as it is or percent-encoded, and says how long it may be kept', {
  skip,
}, async (t: TestContext) => {
  await writeFile(join(folder, 'issuer.pem'), await (await ask('/ca/client-auth.pem')).text())
  await writeFile(join(folder, 'cert.pem'), platform.certificate)
  await runOpenssl('ocsp', '-issuer', 'issuer.pem', '-cert', 'cert.pem', '-no_nonce', '-reqout', 'plain.der')
  const { readFile } = await import('node:fs/promises')
  const base64 = (await readFile(join(folder, 'plain.der'))).toString('base64')
  for (const path of [base64, encodeURIComponent(base64), `/${base64}`.slice(1)]) {
    const response = await ask(`/ocsp/client-auth/${path}`)
    t.assert.equal(response.headers.get('content-type'), 'application/ocsp-response')
    t.assert.match(response.headers.get('cache-control') ?? '', /^public, max-age=\d+, no-transform, must-revalidate$/)
    await writeFile(join(folder, 'answer.der'), await bytesOf(response))
    const text = await runOpenssl('ocsp', '-respin', 'answer.der', '-resp_text', '-noverify')
    t.assert.match(text, /Cert Status: good/)
  }
})

test('a malformed OCSP request gets malformedRequest, and nobody may keep it', async (t: TestContext) => {
  for (const body of [Buffer.alloc(0), Buffer.from('junk'), randomBytes(2_000)]) {
    const response = await post('/ocsp/client-auth', 'application/ocsp-request', body)
    t.assert.equal(response.status, 200)
    t.assert.equal(response.headers.get('cache-control'), 'no-store')
    t.assert.deepEqual([...(await bytesOf(response))], [0x30, 3, 0x0a, 1, 1])
  }
  for (const path of ['/ocsp/client-auth/%%%', '/ocsp/client-auth/AAAA', '/ocsp/client-auth/*']) {
    t.assert.deepEqual([...(await bytesOf(await ask(path)))], [0x30, 3, 0x0a, 1, 1])
  }
})

test('openssl asks for a time stamp and verifies it with the root alone', { skip }, async (t: TestContext) => {
  await writeFile(join(folder, 'ca.pem'), platform.ca)
  for (const hash of ['sha256', 'sha384', 'sha512']) {
    await writeFile(join(folder, 'data'), randomBytes(100))
    await runOpenssl('ts', '-query', '-data', 'data', `-${hash}`, '-cert', '-out', 'query.tsq')
    const { readFile } = await import('node:fs/promises')
    const response = await post('/tsa', 'application/timestamp-query', await readFile(join(folder, 'query.tsq')))
    t.assert.equal(response.headers.get('content-type'), 'application/timestamp-reply')
    await writeFile(join(folder, 'reply.tsr'), await bytesOf(response))
    const verified = await runOpenssl(
      'ts',
      '-verify',
      '-in',
      'reply.tsr',
      '-queryfile',
      'query.tsq',
      '-CAfile',
      'ca.pem',
    )
    t.assert.match(verified, /Verification: OK/)
  }
})

test('a malformed time-stamp request is answered 200 with a rejection', async (t: TestContext) => {
  const hash = createHash('sha256').update('x').digest()
  const whole = timeStampRequest({ hash, algorithm: 'sha256', nonce: 7n })
  for (let length = 0; length < whole.length; length += 5) {
    const response = await post('/tsa', 'application/timestamp-query; charset=binary', whole.subarray(0, length))
    t.assert.equal(response.status, 200)
    t.assert.equal(TimeStampResp.decode(new Uint8Array(await bytesOf(response))).status.status, 2)
  }
  const granted = new Uint8Array(await bytesOf(await post('/tsa/', 'application/timestamp-query', whole)))
  t.assert.ok(timeStampTokenOf(granted, TimeStampReq.decode(whole)).length > 500)
})

test('parts of a list are there for devices alone, and who has one is told that it is the newest', async (t: TestContext) => {
  for (const path of ['/crl/device.crl', '/crl/device/1.crl', '/crl/device/128.crl']) {
    const first = await ask(path)
    t.assert.equal(first.status, 200, path)
    t.assert.equal(first.headers.get('content-type'), 'application/pkix-crl')
    t.assert.match(first.headers.get('cache-control') ?? '', /^public, max-age=\d+/)
    const [etag, modified] = [first.headers.get('etag') ?? '', first.headers.get('last-modified') ?? '']
    t.assert.match(etag, /^"[0-9a-f]{32}"$/)
    const statusWith = async (headers: Record<string, string>): Promise<number> => (await ask(path, { headers })).status
    t.assert.equal(await statusWith({ 'if-none-match': etag }), 304)
    t.assert.equal(await statusWith({ 'if-none-match': `"a", W/${etag}` }), 304)
    t.assert.equal(await statusWith({ 'if-none-match': '*' }), 304)
    t.assert.equal(await statusWith({ 'if-none-match': '"a"' }), 200)
    t.assert.equal(await statusWith({ 'if-modified-since': modified }), 304)
    t.assert.equal(await statusWith({ 'if-modified-since': new Date(Date.parse(modified) - 1_000).toUTCString() }), 200)
    t.assert.equal(await statusWith({ 'if-modified-since': 'yesterday' }), 200)
    t.assert.equal(await statusWith({ 'if-none-match': '"a"', 'if-modified-since': modified }), 200)
    const again = await ask(path, { headers: { 'if-none-match': etag } })
    t.assert.deepEqual([again.headers.get('etag'), (await bytesOf(again)).length], [etag, 0])
    t.assert.equal((await ask(path, { method: 'HEAD' })).headers.get('etag'), etag)
  }
  for (const part of ['0', '129', '01', '-1', '1e2', '99999', 'x', '1/2', ''])
    t.assert.equal((await ask(`/crl/device/${part}.crl`)).status, 404, part)
  t.assert.equal((await ask('/crl/client-auth/1.crl')).status, 404)
  t.assert.equal((await ask('/ca/device/1.cer')).status, 404)
})

test('what is too large, of another type, by another method or nowhere has its status', async (t: TestContext) => {
  for (const path of ['/tsa', '/ocsp/device']) {
    const type = path === '/tsa' ? 'application/timestamp-query' : 'application/ocsp-request'
    t.assert.equal((await post(path, type, Buffer.alloc(70_000))).status, 413)
    t.assert.equal((await post(path, 'text/plain', Buffer.alloc(10))).status, 415)
    t.assert.equal((await ask(path)).status, 405)
    const chunked = await ask(path, {
      method: 'POST',
      headers: { 'content-type': type },
      body: new Blob([Buffer.alloc(100_000)]).stream(),
      duplex: 'half',
    } as RequestInit)
    t.assert.equal(chunked.status, 413)
  }
  for (const path of [
    '/',
    '/ca',
    '/ca/',
    '/ca/nobody.cer',
    '/ca/root.crl',
    '/crl/root.pem',
    '/crl/__proto__.crl',
    '/ocsp/nobody/AAAA',
    '/ocsp',
    '/../etc/passwd',
    '/sign',
  ]) {
    t.assert.equal((await ask(path)).status, 404, path)
  }
  t.assert.equal((await ask('/ca.pem', { method: 'POST' })).status, 405)
  t.assert.equal((await ask(`/ocsp/root/${'A'.repeat(3_000)}`)).status, 414)
})

test('a slow client is shown out', async (t: TestContext) => {
  const { bindPort } = await import('../../src/http/bound-port.ts')
  const { openPkiDoor } = await import('../../src/http/pki-door.ts')
  const { createLog } = await import('../../src/http/log.ts')
  const { issuerFor } = await import('../../src/domain/issuer.ts')
  const { world } = platform
  const door = openPkiDoor({
    port: await bindPort('127.0.0.1', 0),
    services: {
      answerOcsp: async () => ({ bytes: new Uint8Array(), validity: undefined }),
      revocationList: async () => ({ bytes: new Uint8Array(), validity: undefined }),
      authorityCertificate: async (purpose) => (await issuerFor(world, purpose)).authority.certificate,
      timeStamp: async (request) => request,
    },
    now: world.now,
    log: createLog('silent'),
    limits: { headersMs: 200, requestMs: 300, checkMs: 50 },
  })
  const sockets = [
    'GET / HT',
    'POST /tsa HTTP/1.1\r\nHost: x\r\nContent-Type: application/timestamp-query\r\nContent-Length: 9\r\n\r\n12',
  ].map((text) => {
    const socket = connect(door.port, '127.0.0.1')
    socket.write(text)
    socket.resume()
    return once(socket, 'close')
  })
  const begin = Date.now()
  await Promise.all(sockets)
  t.assert.ok(Date.now() - begin < 2_000)
  await door.stop(100)
})

test('a request that is broken off leaves no error in the log', async (t: TestContext) => {
  const { hostname, port } = new URL(platform.pkiUrl)
  const socket = connect(Number(port), hostname)
  socket.write(
    'POST /tsa HTTP/1.1\r\nHost: x\r\nContent-Type: application/timestamp-query\r\nContent-Length: 50\r\n\r\nabc',
  )
  await once(socket, 'connect')
  await new Promise((resolve) => setTimeout(resolve, 50))
  socket.destroy()
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.assert.equal((await ask('/ca.pem')).status, 200)
  t.assert.ok(!platform.log.some((line) => line.includes('unexpected error')))
})

test('a whole URL is as good as its path', async (t: TestContext) => {
  const { hostname, port, href } = new URL(platform.pkiUrl)
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.on('data', (piece) => {
    text += piece
  })
  socket.write(`GET ${href}ca.pem HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  await once(socket, 'close')
  t.assert.match(text, /^HTTP\/1\.1 200 /)
})
