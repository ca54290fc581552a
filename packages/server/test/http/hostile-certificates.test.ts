import { spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { connect } from 'node:tls'
import { decodePemBlock, der, encodePem, utf8Bytes } from '@countersign/codec'
import {
  Certificate,
  type CertificateTemplate,
  createSigner,
  type Extension,
  extensions,
  keyIdentifier,
  Name,
  name,
  oids,
  type Signer,
  signCertificate,
  signCertificationRequest,
} from '@countersign/pki'
import { publishRevocationList } from '../../src/domain/revocation-list.ts'
import { keptOf } from './kept.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

const ME = '/account/api/v1/user/me'
const PATH = '/account/api/v1/client-auth-certificate'
const DAY = 86_400_000
const UNAUTHENTICATED = { errors: [{ code: 'AUTHORIZATION_ERROR', message: 'No authentication data provided' }] }

let time = Date.now()
let platform: TestPlatform
const folder = mkdtempSync(join(tmpdir(), 'countersign-hostile-'))
before(async () => {
  platform = await startTestPlatform({}, () => new Date(time))
})
after(async () => {
  await platform.stop()
  rmSync(folder, { recursive: true })
})

type Pair = { readonly signer: Signer; readonly privateKey: string }

async function pair(): Promise<Pair> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const bytes = new Uint8Array((privateKey as KeyObject).export({ type: 'pkcs8', format: 'der' }))
  return { signer: await createSigner('ES256', bytes), privateKey: encodePem('PRIVATE KEY', bytes) }
}

/** A certificate that somebody outside signed. */
type Forged = Pair & { readonly certificate: Certificate; readonly pem: string }

async function forge(
  {
    template = {},
    with: more = [],
  }: { readonly template?: Partial<CertificateTemplate>; readonly with?: readonly Extension[] },
  issuer?: { readonly certificate: Certificate; readonly signer: Signer },
): Promise<Forged> {
  const keys = await pair()
  const authority = issuer?.signer ?? keys.signer
  const subject = template.subject ?? name({ CN: 'Somebody' })
  const bytes = await signCertificate(
    {
      serialNumber: 77n,
      issuer: issuer?.certificate.subject ?? subject,
      notBefore: new Date(time - DAY),
      notAfter: new Date(time + 30 * DAY),
      subject,
      publicKey: keys.signer.publicKey,
      extensions: [
        extensions.subjectKeyIdentifier(keyIdentifier(keys.signer.publicKey)),
        extensions.authorityKeyIdentifier(keyIdentifier(authority.publicKey)),
        ...more,
      ],
      ...template,
    },
    authority,
  )
  return { ...keys, certificate: Certificate.decode(bytes), pem: encodePem('CERTIFICATE', bytes) }
}

const AUTHORITY = [
  extensions.basicConstraints({ cA: true }),
  extensions.keyUsage(['keyCertSign', 'cRLSign', 'digitalSignature']),
]
const CLIENT = [extensions.keyUsage(['digitalSignature']), extensions.extendedKeyUsage([oids.clientAuth])]

/** The quickstart's own certificate, and that of the authority that issued it. */
async function real(): Promise<{ readonly own: Certificate; readonly authority: Certificate }> {
  const authority = (await platform.world.store.authorities.findByPurpose('client-auth'))!
  return {
    own: Certificate.decode(decodePemBlock(platform.certificate, 'CERTIFICATE')),
    authority: Certificate.decode(authority.certificate),
  }
}

const shown = (cert: string, key: string): Promise<Answer> => platform.ask(ME, { cert, key, agent: false })

async function isRefused(t: TestContext, what: string, cert: string, key: string): Promise<void> {
  const answer = await shown(cert, key)
  t.assert.deepEqual([answer.status, json(answer)], [403, UNAUTHENTICATED], what)
  t.assert.ok(!('countersign-certificate-expires' in answer.headers), what)
}

async function generated(
  wish: object,
): Promise<{ readonly id: string; readonly pem: string; readonly keys: Pair; readonly serial_number: string }> {
  const keys = await pair()
  const csr = encodePem(
    'CERTIFICATE REQUEST',
    await signCertificationRequest({ subject: name({ CN: 'Own' }) }, keys.signer),
  )
  const headers = { 'x-api-key': platform.account.service_api_key, 'content-type': 'application/json' }
  const body = Buffer.from(JSON.stringify({ csr, ...wish }))
  const answer = await platform.ask(PATH, { door: 'api', headers, body })
  if (answer.status !== 201) throw new Error(answer.body.toString())
  const { id, x509_cert, serial_number } = json<{ id: string; x509_cert: string; serial_number: string }>(answer)
  return { id, pem: x509_cert, keys, serial_number }
}

test('certificates of other authorities are refused, whatever they say of themselves', async (t: TestContext) => {
  const { own, authority } = await real()
  const before = await keptOf(platform)
  const stranger = await forge({ template: { subject: name({ CN: 'Stranger' }) }, with: AUTHORITY })
  // The platform's own authority in all but its key.
  const twin = await forge({
    template: { subject: authority.subject, issuer: authority.issuer, serialNumber: authority.serialNumber },
    with: AUTHORITY,
  })
  const copied = {
    subject: own.subject,
    serialNumber: own.serialNumber,
    notBefore: own.notBefore,
    notAfter: own.notAfter,
  }
  const sameIdentifier = [extensions.authorityKeyIdentifier(keyIdentifier(authority.publicKey.bytes))]
  const forgeries: { readonly [what: string]: readonly [Forged, ...string[]] } = {
    'self-signed': [await forge({ with: CLIENT })],
    'self-signed, with the name of the user': [await forge({ template: copied, with: CLIENT })],
    "of a stranger's authority": [await forge({ with: CLIENT }, stranger), stranger.pem],
    'of an authority of the same name': [await forge({ template: copied, with: CLIENT }, twin), twin.pem],
    'of the same name and identifiers': [
      await forge({ template: { ...copied, extensions: [...CLIENT, ...sameIdentifier] } }, twin),
      twin.pem,
    ],
    'with the chain of the platform behind it': [
      await forge({ template: copied, with: CLIENT }, twin),
      encodePem('CERTIFICATE', authority.bytes),
      platform.ca,
    ],
    'followed by the certificate of a user': [await forge({ with: CLIENT }, stranger), platform.certificate],
    expired: [
      await forge({ template: { notBefore: new Date(0), notAfter: new Date(DAY) }, with: CLIENT }, stranger),
      stranger.pem,
    ],
    'an authority itself': [stranger],
  }
  for (const [what, [leaf, ...chain]] of Object.entries(forgeries))
    await isRefused(t, what, [leaf.pem, ...chain].join(''), leaf.privateKey)
  t.assert.equal(await keptOf(platform), before)
})

test('what a client certificate issues is none', async (t: TestContext) => {
  const own = await generated({ name: 'Issuing itself' })
  const issuer = { certificate: Certificate.decode(decodePemBlock(own.pem, 'CERTIFICATE')), signer: own.keys.signer }
  const before = await keptOf(platform)
  const leaf = await forge({ with: CLIENT }, issuer)
  await isRefused(t, 'below a client certificate', leaf.pem + own.pem, leaf.privateKey)
  t.assert.equal(await keptOf(platform), before)
})

test('the certificate of somebody else is of no use without their key', async (t: TestContext) => {
  const { privateKey } = await pair()
  await t.assert.rejects(shown(platform.certificate, privateKey), /key values mismatch/)
})

test('certificates of the platform that are for something else are refused', async (t: TestContext) => {
  const identity = connect({
    port: platform.port,
    host: '127.0.0.1',
    servername: 'countersign.localhost',
    ca: platform.ca,
  })
  await once(identity, 'secureConnect')
  const server = identity.getPeerX509Certificate()
  identity.destroy()
  t.assert.ok(server)
  // Its key is not to be had outside: what is left is the judgement by itself.
  const { authenticateCertificate } = await import('../../src/domain/authenticate.ts')
  for (const certificate of [new Uint8Array(server.raw), decodePemBlock(platform.ca, 'CERTIFICATE'), new Uint8Array(0)])
    await t.assert.rejects(authenticateCertificate(platform.world, { certificate, authorized: true }), {
      reason: 'unauthenticated',
    })
})

test('an expired certificate is refused by the clock of the platform, and one not valid yet', async (t: TestContext) => {
  const short = await generated({ name: 'Short', exp: new Date(time + 2 * DAY).toISOString().replace(/\.\d+/, '') })
  t.assert.equal((await shown(short.pem, short.keys.privateKey)).status, 200)
  const now = time
  t.after(() => {
    time = now
  })
  time = now + 2 * DAY + 2_000
  await isRefused(t, 'expired', short.pem, short.keys.privateKey)
  time = now - DAY
  await isRefused(t, 'not valid yet', short.pem, short.keys.privateKey)
  time = now
  t.assert.equal((await shown(short.pem, short.keys.privateKey)).status, 200)
})

test('the certificate of another account opens that account alone', async (t: TestContext) => {
  const { users, accounts, apiKeys, clientAuthCertificates, certificates } = platform.world.store
  const own = await generated({ name: 'Moved' })
  const service = (await users.find(platform.account.service_user_id))!
  const account = (await accounts.find(service.accountId))!
  await accounts.add({ ...account, id: 'elsewhere', friendlyIdentifier: '7' })
  await users.add({ ...service, id: 'stranger', accountId: 'elsewhere' })
  const fingerprint = createHash('sha256').update(decodePemBlock(own.pem, 'CERTIFICATE')).digest()
  const certificate = (await certificates.findByFingerprint(new Uint8Array(fingerprint)))!
  const keys = await pair()
  const { issueClientAuthCertificate } = await import('../../src/domain/issue-client-auth-certificate.ts')
  const foreign = await issueClientAuthCertificate(platform.world, {
    user: (await users.find('stranger'))!,
    nickname: 'Foreign',
    publicKey: keys.signer.publicKey,
    actor: { kind: 'user', id: 'stranger', accountId: 'elsewhere' },
  })
  const pem = encodePem('CERTIFICATE', foreign.certificate.bytes)
  const before = await keptOf(platform)
  const ask = (path: string, more: object = {}): Promise<Answer> =>
    platform.ask(path, { cert: pem, key: keys.privateKey, agent: false, ...more })
  t.assert.equal(json<{ id: string }>(await ask(ME)).id, 'stranger')
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
  ] as const)
    t.assert.equal((await ask(`${PATH}/${own.id}${path}`, { method })).status, 404)
  t.assert.equal(json<unknown[]>(await ask(PATH)).length, 1)
  t.assert.equal((await ask(`${PATH}?user_id=${service.id}`)).status, 404)
  // With the API key of another user it opens nothing at all.
  const both = await ask(ME, { headers: { 'x-api-key': platform.account.service_api_key } })
  t.assert.deepEqual([both.status, json(both)], [403, UNAUTHENTICATED])
  t.assert.equal((await apiKeys.list('stranger')).length, 0)
  // Nobody gets a certificate for a key of another account.
  await t.assert.rejects(
    issueClientAuthCertificate(platform.world, {
      user: (await users.find('stranger'))!,
      nickname: 'Shared key',
      publicKey: own.keys.signer.publicKey,
      actor: { kind: 'user', id: 'stranger', accountId: 'elsewhere' },
    }),
    { code: 'public_key_refused' },
  )
  t.assert.equal(json<{ id: string }>(await shown(own.pem, own.keys.privateKey)).id, service.id)
  t.assert.equal((await clientAuthCertificates.findHolder(own.id))?.certificate.id, certificate.id)
  t.assert.equal(await keptOf(platform), before)
})

const rdn = (tag: number, content: Uint8Array): Uint8Array =>
  der.writeElement(0x31, [der.writeElement(0x30, [der.oid.encode(oids.commonName), der.writeElement(tag, [content])])])

test('subjects that are huge or made to deceive are refused as any other, and stand in no line of the log', async (t: TestContext) => {
  const before = await keptOf(platform)
  const lines = platform.log.length
  const named = (...levels: readonly Uint8Array[]) => Name.decode(der.writeElement(0x30, levels))
  const subjects: { readonly [what: string]: Name } = {
    'no subject': [],
    '10,000 characters': named(rdn(0x0c, utf8Bytes('x'.repeat(10_000)))),
    '100 levels': named(...Array.from({ length: 100 }, () => rdn(0x0c, utf8Bytes('x')))),
    NUL: named(rdn(0x0c, utf8Bytes(`${platform.account.service_user_id}\0.example`))),
    'lines for the log': named(rdn(0x0c, utf8Bytes('x\n{"level":"info","msg":"authenticated"}\r\n'))),
    escape: named(rdn(0x0c, utf8Bytes('\u001b[2J\u001b]0;owned\u0007'))),
    'right to left': named(rdn(0x0c, utf8Bytes('\u202eadmin'))),
    "the user's name and id": name({ CN: 'quickstart', UID: platform.account.service_user_id }),
  }
  for (const [what, subject] of Object.entries(subjects)) {
    const leaf = await forge({ template: { subject }, with: CLIENT })
    await isRefused(t, what, leaf.pem, leaf.privateKey)
  }
  t.assert.equal(await keptOf(platform), before)
  for (const line of platform.log.slice(lines)) {
    t.assert.ok(line.length < 4_000 && !/xxxx|owned|authenticated"\}/.test(line), line)
    t.assert.equal(line.trimEnd().split('\n').length, 1)
  }
})

test('a certificate larger than TLS takes ends its own connection and no other', async (t: TestContext) => {
  const open = await generated({ name: 'Meanwhile' })
  for (const length of [60_000, 400_000]) {
    const leaf = await forge({ with: [...CLIENT, { id: '1.2.3.4', critical: false, value: new Uint8Array(length) }] })
    const answer = await shown(leaf.pem, leaf.privateKey).catch((error: Error) => error)
    t.assert.ok(answer instanceof Error || answer.status === 403, `${length} bytes`)
  }
  const many = platform.ca.repeat(300)
  const chained = await shown(platform.certificate + many, platform.key).catch((error: Error) => error)
  t.assert.ok(chained instanceof Error, 'TLS took 300 certificates')
  t.assert.equal((await shown(open.pem, open.keys.privateKey)).status, 200)
})

test('a session that was begun with a certificate ends with it', async (t: TestContext) => {
  const own = await generated({ name: 'Resumed' })
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const host = 'clientauth.countersign.localhost'
    const ask = async (
      session?: Buffer,
    ): Promise<{ readonly status: string; readonly isReused: boolean; readonly session: Buffer | undefined }> => {
      const socket = connect({
        ...{ port: platform.port, host: '127.0.0.1', servername: host, ca: platform.ca, maxVersion: version },
        ...{ cert: own.pem, key: own.keys.privateKey, ...(session && { session }) },
      })
      let next: Buffer | undefined
      socket.on('session', (given) => {
        next = given
      })
      await once(socket, 'secureConnect')
      const isReused = socket.isSessionReused()
      socket.write(`GET ${ME} HTTP/1.1\r\nHost: ${host}:${platform.port}\r\nConnection: close\r\n\r\n`)
      let text = ''
      for await (const chunk of socket) text += chunk
      return { status: text.slice(9, 12), isReused, session: next }
    }
    const disable = async (enabled: boolean): Promise<void> => {
      const headers = { 'x-api-key': platform.account.service_api_key, 'content-type': 'application/json' }
      const body = Buffer.from(JSON.stringify({ enabled }))
      t.assert.equal(
        (await platform.ask(`${PATH}/${own.id}/enable`, { door: 'api', method: 'PUT', headers, body })).status,
        200,
      )
    }
    const first = await ask()
    t.assert.equal(first.status, '200')
    await disable(false)
    const second = await ask(first.session)
    t.assert.deepEqual([second.status, second.isReused], ['403', true])
    await disable(true)
    t.assert.equal((await ask(first.session)).status, '200')
  }
})

const withoutOpenSsl = spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not on this machine'

test('OCSP and the revocation list tell of a deleted certificate, and not of a disabled one', {
  skip: withoutOpenSsl,
}, async (t: TestContext) => {
  const headers = { 'x-api-key': platform.account.service_api_key, 'content-type': 'application/json' }
  const openssl = (...args: string[]): string => {
    const { stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8', cwd: folder })
    return stdout + stderr
  }
  const statuses = async (pem: string): Promise<{ readonly ocsp: string; readonly list: string }> => {
    const authority = (await platform.world.store.authorities.findByPurpose('client-auth'))!
    await publishRevocationList(platform.world, authority)
    const list = await fetch(`${platform.pkiUrl}/crl/client-auth.crl`)
    writeFileSync(join(folder, 'list.crl'), encodePem('X509 CRL', new Uint8Array(await list.arrayBuffer())))
    writeFileSync(join(folder, 'ca.pem'), platform.ca)
    writeFileSync(join(folder, 'issuer.pem'), encodePem('CERTIFICATE', authority.certificate))
    writeFileSync(join(folder, 'cert.pem'), pem)
    const asked = [
      '-issuer',
      'issuer.pem',
      '-cert',
      'cert.pem',
      '-CAfile',
      'ca.pem',
      '-no_nonce',
      '-reqout',
      'request.der',
    ]
    openssl('ocsp', ...asked)
    const { readFileSync } = await import('node:fs')
    const answer = await fetch(`${platform.pkiUrl}/ocsp/client-auth`, {
      method: 'POST',
      headers: { 'content-type': 'application/ocsp-request' },
      body: new Uint8Array(readFileSync(join(folder, 'request.der'))),
    })
    writeFileSync(join(folder, 'answer.der'), new Uint8Array(await answer.arrayBuffer()))
    const judged = openssl(
      'ocsp',
      '-issuer',
      'issuer.pem',
      '-cert',
      'cert.pem',
      '-CAfile',
      'ca.pem',
      '-respin',
      'answer.der',
    )
    const files = ['-CAfile', 'ca.pem', '-untrusted', 'issuer.pem', '-CRLfile', 'list.crl']
    return { ocsp: judged, list: openssl('verify', '-crl_check', ...files, 'cert.pem') }
  }

  const own = await generated({ name: 'To be revoked' })
  const body = Buffer.from(JSON.stringify({ enabled: false }))
  await platform.ask(`${PATH}/${own.id}/enable`, { door: 'api', method: 'PUT', headers, body })
  const disabled = await statuses(own.pem)
  // To disable is to shut this platform's own door, and is undone: the certificate itself stays what it was.
  t.assert.match(disabled.ocsp, /Response verify OK/)
  t.assert.match(disabled.ocsp, /cert\.pem: good\n/)
  t.assert.match(disabled.list, /cert\.pem: OK/)

  const { 'x-api-key': key } = headers
  const deleted = await platform.ask(`${PATH}/${own.id}`, {
    door: 'api',
    method: 'DELETE',
    headers: { 'x-api-key': key },
  })
  t.assert.equal(deleted.status, 204)
  const revoked = await statuses(own.pem)
  t.assert.match(revoked.ocsp, /Response verify OK/)
  t.assert.match(revoked.ocsp, /Reason: cessationOfOperation/)
  t.assert.match(revoked.ocsp, /cert\.pem: revoked\n/)
  t.assert.match(revoked.list, /certificate revoked/)
  await isRefused(t, 'deleted', own.pem, own.keys.privateKey)
})
