/** Enrollment over Secure Transport, by who comes with a certificate, comes again, or binds a request to its connection. */
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request as secureRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { decodePemBlock, der } from '@countersign/codec'
import { commonName, digest, Name, name, oids, type RequestAttribute, subjectAlternativeName } from '@countersign/pki'
import { decodeSignedData, SignedData } from '../../../pki/src/cms/signed-data.ts'
import { userApplicant } from '../../src/domain/applicant.ts'
import { serverKeyGeneration } from '../../src/domain/enroll-over-est.ts'
import { approveCertificateRequest, rejectCertificateRequest } from '../../src/domain/manage-certificate-requests.ts'
import { revokeCertificate } from '../../src/domain/revoke-certificate.ts'
import { openssl, skipWithoutOpenssl } from '../openssl.ts'
import { wrappedKey } from '../store/noun.ts'
import {
  basic,
  createEst,
  csrOf,
  declined,
  type Est,
  issued,
  makersCertificate,
  NOBODY,
  PKCS10,
  partsOf,
  spki,
} from './test-est.ts'
import { type Answer, type AskOptions, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

let platform: TestPlatform
let { at, post, profileLike, passcodeOf, enrolledDevice } = {} as Est
before(async () => {
  platform = await startTestPlatform({ COUNTERSIGN_FAILURE_RATE: '0', COUNTERSIGN_REQUEST_RATE: '0' })
  ;({ at, post, profileLike, passcodeOf, enrolledDevice } = createEst(platform))
})
after(() => platform.stop())

test('a device renews the certificate that it comes with, by the same names, for another key', async (t: TestContext) => {
  const { certificates, certificateRequests } = platform.world.store
  const device = await enrolledDevice(t, 'sensor-10', ['b.example', 'a.example'])
  const { cert, key, agent } = device
  const as = { cert, key, agent } as const
  const next = await csrOf('sensor-10', [], ['a.example', 'b.example'])
  const renewed = issued(t, await post('simplereenroll', next, as))
  t.assert.equal(new X509Certificate(renewed.bytes).publicKey.export({ type: 'spki', format: 'pem' }), spki)
  t.assert.equal(commonName(renewed.subject), 'sensor-10')
  t.assert.equal(subjectAlternativeName(renewed)?.length, 2)
  const before = await certificates.findByFingerprint(digest('sha256', device.bytes))
  const after = await certificates.findByFingerprint(digest('sha256', renewed.bytes))
  const request = await certificateRequests.findByCertificate(after!.id)
  t.assert.equal(request?.renewedCertificateId, before?.id)
  t.assert.deepEqual(request?.actor, { kind: 'device_certificate', id: before?.id })

  const names = /^csr: its subject and subjectAltName have to be those of the certificate that it renews\.$/m
  for (const [commonName, dnsNames] of [
    ['sensor-11', ['a.example', 'b.example']],
    ['sensor-10', ['a.example']],
    ['sensor-10', []],
    ['sensor-10', ['a.example', 'b.example', 'c.example']],
  ] as const)
    declined(t, await post('simplereenroll', await csrOf(commonName, [], dnsNames), as), 400, names)
  const change = {
    type: oids.changeSubjectName,
    values: [name({ CN: 'sensor-11' })].map((one) => der.writeElement(0x30, [Name.encode(one)])),
  }
  const changing = await csrOf('sensor-10', [change], ['a.example', 'b.example'])
  declined(t, await post('simplereenroll', changing, as), 400, /^csr: names do not change .* ChangeSubjectName\.$/m)
  const same = await csrOf('sensor-10', [], ['a.example', 'b.example'], createPrivateKey(key))
  declined(t, await post('simplereenroll', same, as), 400, /make another key\.$/m)
  declined(t, await post('simplereenroll', '!', as), 400, /^csr: it is no PKCS #10 request/)
  const other = await profileLike({})
  declined(t, await post(at('simplereenroll', other.id), next, as), 404, /^There is no such enrollment profile/)

  await revokeCertificate(platform.world, before!.id, 'key_compromise', { kind: 'platform' })
  declined(t, await post('simplereenroll', next, as), 403, /^No authentication data provided$/m)
})

test('a certificate is renewed by who comes with it alone, and when it is time', async (t: TestContext) => {
  const { text } = await passcodeOf()
  const csr = await csrOf('sensor-12')
  const comeWithIt = /^Come with the certificate that is to be renewed, to the mutual-TLS host\.$/m
  declined(t, await post('simplereenroll', csr, { door: 'api', headers: basic('', text) }), 403, comeWithIt)
  declined(t, await post('simplereenroll', csr, NOBODY), 403, comeWithIt)
  // The service user's is none of a device, and a maker's is none of the platform.
  const maker = await makersCertificate('digitalSignature')
  for (const options of [{}, { ...maker, agent: false as const, headers: basic('', text) }])
    declined(t, await post('simplereenroll', csr, options), 403, /^No authentication data provided$/m)
  // Who has a device's certificate may enroll nothing else by it.
  const { cert, key, agent } = await enrolledDevice(t, 'sensor-12')
  for (const operation of ['simpleenroll', 'serverkeygen'])
    declined(t, await post(operation, csr, { cert, key, agent }), 401, /^Send a passcode/)

  const late = await profileLike({ renewal: { windowDays: 30, allowsKeyReuse: true, allowsNameChange: false } })
  const device = await enrolledDevice(t, 'sensor-13', [], late.id)
  const early = await post(at('simplereenroll', late.id), await csrOf('sensor-13'), { ...device })
  declined(t, early, 409, /^The certificate can be renewed from /)
})

test('a device that may not renew by its own certificate may not by EST', async (t: TestContext) => {
  const { devices } = platform.world.store
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const csr = `-----BEGIN CERTIFICATE REQUEST-----\n${await csrOf('sensor-15', [], [], own)}\n-----END CERTIFICATE REQUEST-----\n`
  const { enrollment_profile_id, account_id, service_api_key } = platform.account
  const device_attributes = [{ id: 'DEVICE_IDENTIFIER', value: 'MAC0015' }]
  const enrolled = await platform.ask('/iot/api/v1/certificate', {
    door: 'api',
    headers: { 'x-api-key': service_api_key, 'content-type': 'application/json' },
    body: Buffer.from(
      JSON.stringify({ enrollment_profile_id, csr, device_attributes, include_certificate_chain: false }),
    ),
  })
  t.assert.equal(enrolled.status, 200, String(enrolled.body))
  const { pem: cert } = json<{ pem: string }>(enrolled)
  const as = { cert, key: own.export({ type: 'pkcs8', format: 'pem' }).toString(), agent: false } as const
  const device = (await devices.findByIdentifier(account_id, 'MAC0015'))!
  await devices.update({ ...device, apiAccess: { ...device.apiAccess, renewCertificate: false } })
  const may = /^The device may not: device_api_allow_renew_certificate is false\.$/m
  declined(t, await post('simplereenroll', await csrOf('sensor-15'), as), 403, may)
  await devices.update({ ...device, status: 'disabled' })
  declined(t, await post('simplereenroll', await csrOf('sensor-15'), as), 403, /^No authentication data provided$/m)
  await devices.update(device)
  issued(t, await post('simplereenroll', await csrOf('sensor-15'), as))
})

test('an authentication certificate of the profile enrolls under it, and under no other', async (t: TestContext) => {
  const { cert, key, agent, bytes } = await enrolledDevice(t, 'born here')
  const { id } = await profileLike({})
  const certificate = await platform.world.store.certificates.findByFingerprint(digest('sha256', bytes))
  await passcodeOf({
    enrollmentProfileId: id,
    proof: { kind: 'authentication_certificate', certificateId: certificate!.id },
  })
  const csr = await csrOf('sensor-14')
  issued(t, await post(at('simpleenroll', id), csr, { cert, key, agent }))
  declined(t, await post('simpleenroll', csr, { cert, key, agent }), 404, /^There is no such enrollment profile/)
})

test('what somebody has to approve is fetched by the same request, sent again', async (t: TestContext) => {
  const { users } = platform.world.store
  const { service_user_id } = platform.account
  const { id } = await profileLike({ approval: 'manual' })
  const { right, text } = await passcodeOf({ usageLimit: 1, enrollmentProfileId: id, createdBy: service_user_id })
  const options: AskOptions = { door: 'api', headers: basic('', text) }
  const enroll = async (csr: string, by = options): Promise<Answer> => post(at('simpleenroll', id), csr, by)
  const waits = (answer: Answer): void => {
    t.assert.deepEqual([answer.status, answer.headers['retry-after']], [202, '300'], String(answer.body))
  }
  const csr = await csrOf('sensor-8')
  for (const answer of await Promise.all([enroll(csr), enroll(csr), enroll(csr)])) waits(answer)
  waits(await enroll(csr.replace(/.{1,64}/g, '$&\n')))
  t.assert.equal((await platform.world.store.enrollmentRights.find(right.id))?.numberOfUsage, 1)
  declined(t, await enroll(await csrOf('sensor-9')), 401, /^The passcode is not valid/)
  // Another applicant's is another request, of which nothing has come.
  waits(await enroll(csr, {}))

  const administrator = (await users.list(platform.account.account_id)).find(
    ({ email }) => email === platform.account.admin_email,
  )
  const principal = {
    user: administrator!,
    account: (await platform.world.store.accounts.find(platform.account.account_id))!,
  }
  const pending = await platform.world.store.certificateApprovals.listRequests({
    accountId: platform.account.account_id,
    enrollmentProfileId: id,
    actorId: right.id,
    offset: 0,
    limit: 10,
  })
  t.assert.equal(pending.records.length, 1)
  const { approval } = pending.records[0]!
  t.assert.equal(approval?.method, 'EST')
  await approveCertificateRequest(platform.world, principal, approval!.id)
  const first = issued(t, await enroll(csr))
  t.assert.equal(commonName(first.subject), 'sensor-8')
  t.assert.deepEqual(issued(t, await enroll(csr)).bytes, first.bytes)

  const second = await passcodeOf({ enrollmentProfileId: id })
  const again: AskOptions = { door: 'api', headers: basic('', second.text) }
  const other = await csrOf('sensor-9')
  waits(await enroll(other, again))
  const listed = await platform.world.store.certificateApprovals.listRequests({
    accountId: platform.account.account_id,
    actorId: second.right.id,
    offset: 0,
    limit: 10,
  })
  await rejectCertificateRequest(platform.world, principal, listed.records[0]!.approval!.id, 'Unknown device')
  declined(t, await enroll(other, again), 403, /^The request was not approved \(REJECTED "Unknown device"\)/)
  declined(t, await post(at('serverkeygen', id), other, again), 409, /somebody approves each certificate/)
})

test('a key is encrypted for the certificate of the connection, if the request wants it so', async (t: TestContext) => {
  if (skipWithoutOpenssl(t)) return
  const { text } = await passcodeOf()
  const { cert, key, keyIdentifier } = await makersCertificate('keyAgreement')
  const options = { agent: false, cert, key, headers: basic('', text) } as const
  const wanting = (identifier: Uint8Array, type: string = oids.asymmetricDecryptKeyIdentifier): Promise<string> =>
    csrOf('sensor-7', [{ type, values: [der.octetString.encode(identifier)] }])

  const [sealed, certificates] = partsOf(t, await post('serverkeygen', await wanting(keyIdentifier), options))
  t.assert.equal(sealed?.type, 'application/pkcs7-mime; smime-type=server-generated-key')
  const folder = mkdtempSync(join(tmpdir(), 'countersign-est-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries({ 'key.p7m': sealed!.bytes, 'key.pem': key, 'cert.pem': cert }))
    writeFileSync(join(folder, name), content)
  openssl(t, folder, [
    ...['cms', '-decrypt', '-inform', 'DER', '-binary', '-in', 'key.p7m', '-out', 'key.p7s'],
    ...['-inkey', 'key.pem', '-recip', 'cert.pem'],
  ])
  const { encapsulatedContent } = SignedData.decode(new Uint8Array(readFileSync(join(folder, 'key.p7s'))))
  const [made] = der.elementsOf(der.onlyElement(encapsulatedContent.content!))
  const [certificate] = decodeSignedData(certificates!.bytes).certificates ?? []
  const privateKey = createPrivateKey({ key: Buffer.from(made!.bytes), format: 'der', type: 'pkcs8' })
  t.assert.ok(new X509Certificate(certificate!).checkPrivateKey(privateKey))

  const elsewhere = /^csr: there is no key as its DecryptKeyIdentifier or AsymmetricDecryptKeyIdentifier says/
  declined(t, await post('serverkeygen', await wanting(Uint8Array.of(1)), options), 400, elsewhere)
  declined(
    t,
    await post('serverkeygen', await wanting(keyIdentifier, oids.decryptKeyIdentifier), options),
    400,
    elsewhere,
  )
  declined(
    t,
    await post('serverkeygen', await wanting(keyIdentifier), { door: 'api', headers: basic('', text) }),
    400,
    elsewhere,
  )
  const signing = await makersCertificate('digitalSignature')
  const unfit = await post('serverkeygen', await wanting(signing.keyIdentifier), { ...options, ...signing })
  declined(t, unfit, 400, /its key usage lacks keyAgreement\.$/m)
})

test('where a key can’t be encrypted there is no certificate for it', async (t: TestContext) => {
  const { cert, keyIdentifier } = await makersCertificate('keyAgreement')
  const attributes = [{ type: oids.asymmetricDecryptKeyIdentifier, values: [der.octetString.encode(keyIdentifier)] }]
  // Whoever remembers the platform's identity is not asked; here nobody does.
  const store = { ...platform.world.store }
  const { serviceCertificates, privateKeys, accounts, users, deviceCertificates } = store
  const { account_id: accountId, service_user_id, enrollment_profile_id: enrollmentProfileId } = platform.account
  const principal = { account: (await accounts.find(accountId))!, user: (await users.find(service_user_id))! }
  const identity = (await serviceCertificates.find('tls'))!
  const lost = wrappedKey()
  await privateKeys.add(lost)
  await serviceCertificates.put({ ...identity, keyId: lost.id })
  const asking = serverKeyGeneration(
    { ...platform.world, store },
    userApplicant(principal, { method: 'EST', address: undefined }),
    {
      enrollmentProfileId,
      csr: await csrOf('sealed', attributes),
      channelBinding: undefined,
      presented: decodePemBlock(cert, 'CERTIFICATE'),
    },
  ).finally(() => serviceCertificates.put(identity))
  await t.assert.rejects(asking)
  const query = { accountId, at: platform.world.now(), commonName: 'sealed', offset: 0, limit: 1 }
  t.assert.equal((await deviceCertificates.list(query)).total, 0)
})

/** A connection of its own, and a request on it. */
function connection(t: TestContext, version: 'TLSv1.2' | 'TLSv1.3', session?: Buffer): Promise<TLSSocket> {
  const { port, ca, certificate: cert, key } = platform
  return new Promise((resolve, reject) => {
    const options = { ca, cert, key, minVersion: version, maxVersion: version, ...(session && { session }) }
    const socket = connect(
      { host: '127.0.0.1', port, servername: 'clientauth.countersign.localhost', ...options },
      () => resolve(socket),
    )
    socket.once('error', reject)
    t.after(() => socket.destroy())
  })
}

function postOn(socket: TLSSocket, body: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = secureRequest(
      {
        createConnection: () => socket,
        method: 'POST',
        path: at('simpleenroll'),
        headers: {
          host: 'clientauth.countersign.localhost',
          'content-type': PKCS10,
          'content-length': body.length,
          connection: 'keep-alive',
        },
      },
      async (response) => {
        let text = ''
        for await (const piece of response.setEncoding('utf8')) text += piece
        resolve({ status: response.statusCode ?? 0, text })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

const challenge = (value: string, type: string = oids.challengePassword): readonly RequestAttribute[] => [
  { type, values: [der.printableString.encode(value)] },
]

test('a request that says on which connection it comes has to come on that one', async (t: TestContext) => {
  const exporter = (socket: TLSSocket): string =>
    socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)).toString('base64')
  const [one, other] = [await connection(t, 'TLSv1.3'), await connection(t, 'TLSv1.3')]
  const bound = await csrOf('bound', challenge(exporter(one)))
  const refused = await postOn(other, bound)
  t.assert.equal(refused.status, 400)
  t.assert.match(refused.text, /^csr: its challengePassword is not the channel binding of this connection/)
  t.assert.equal((await postOn(one, bound)).status, 200)

  const linked = await connection(t, 'TLSv1.3')
  t.assert.equal(
    (await postOn(linked, await csrOf('bound', challenge(exporter(linked), oids.estIdentityLinking)))).status,
    200,
  )

  const older = await connection(t, 'TLSv1.2')
  const session = older.getSession()
  const unique = older.getFinished()!.toString('base64')
  t.assert.equal((await postOn(older, await csrOf('bound', challenge(unique)))).status, 200)
  const resumed = await connection(t, 'TLSv1.2', session)
  t.assert.ok(resumed.isSessionReused())
  const again = resumed.getPeerFinished()!.toString('base64')
  t.assert.equal((await postOn(resumed, await csrOf('bound', challenge(again)))).status, 200)

  for (const value of ['secret', ''])
    declined(t, await post('simpleenroll', await csrOf('c', challenge(value))), 400, /channel binding/)
  declined(t, await post('serverkeygen', await csrOf('c', challenge('secret'))), 400, /channel binding/)
})
