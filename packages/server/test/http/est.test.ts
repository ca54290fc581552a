/** Enrollment over Secure Transport, by those who may and by those who may not. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request as secureRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { decodeBase64, decodePemBlock, der, encodePem } from '@countersign/codec'
import {
  Certificate,
  CsrAttributes,
  commonName,
  createSigner,
  digest,
  extensions,
  type KeyUsageBit,
  keyIdentifier,
  Name,
  name,
  oids,
  type RequestAttribute,
  signCertificate,
  signCertificationRequest,
  subjectAlternativeName,
} from '@countersign/pki'
import fc from 'fast-check'
import { decodeSignedData, SignedData } from '../../../pki/src/cms/signed-data.ts'
import { type EnrollmentProfile, newEnrollmentProfileId } from '../../src/domain/enrollment-profile.ts'
import type { EnrollmentRight } from '../../src/domain/enrollment-right.ts'
import { approveCertificateRequest, rejectCertificateRequest } from '../../src/domain/manage-certificate-requests.ts'
import { newPasscode } from '../../src/domain/passcode.ts'
import { revokeCertificate } from '../../src/domain/revoke-certificate.ts'
import { uuidV7 } from '../../src/domain/uuid.ts'
import { openssl, skipWithoutOpenssl } from '../openssl.ts'
import { byKey } from './operations.ts'
import { type Answer, type AskOptions, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

let platform: TestPlatform
before(async () => {
  platform = await startTestPlatform({ COUNTERSIGN_FAILURE_RATE: '0', COUNTERSIGN_REQUEST_RATE: '0' })
})
after(() => platform.stop())

const NOBODY = { cert: '', key: '', agent: false } as const
const PKCS10 = 'application/pkcs10'

const at = (operation: string, profile = platform.account.enrollment_profile_id): string =>
  `/.well-known/est/${profile}/${operation}`

/** As a client posts a request; the service user's certificate goes along at the mutual-TLS host. */
function post(operation: string, body: string, { headers, ...options }: AskOptions = {}): Promise<Answer> {
  const bytes = Buffer.from(body)
  return platform.ask(operation.startsWith('/') ? operation : at(operation), {
    method: 'POST',
    body: bytes,
    ...options,
    headers: { 'content-type': PKCS10, 'content-length': bytes.length, ...(headers as object) },
  })
}

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const spki = publicKey.export({ type: 'spki', format: 'pem' })

/** A request in base64, as EST has it. */
async function csrOf(
  commonName: string,
  attributes: readonly RequestAttribute[] = [],
  dnsNames: readonly string[] = [],
  key: KeyObject = privateKey,
): Promise<string> {
  const by = await createSigner('ES256', new Uint8Array(key.export({ type: 'pkcs8', format: 'der' })))
  const names = dnsNames.map((value) => ({ type: 'dNSName', value }) as const)
  const bytes = await signCertificationRequest(
    {
      subject: name({ CN: commonName }),
      ...(names.length > 0 && { extensions: [extensions.subjectAlternativeName(names)] }),
      attributes,
    },
    by,
  )
  return Buffer.from(bytes).toString('base64')
}

/** The certificates of an answer. */
function certificatesIn(text: string): readonly Certificate[] {
  return (decodeSignedData(decodeBase64(text.replaceAll('\n', ''))).certificates ?? []).map((bytes) =>
    Certificate.decode(bytes),
  )
}

function issued(t: TestContext, answer: Answer): Certificate {
  t.assert.equal(answer.status, 200, String(answer.body))
  t.assert.equal(answer.headers['content-type'], 'application/pkcs7-mime; smime-type=certs-only')
  const [certificate, ...more] = certificatesIn(String(answer.body))
  t.assert.ok(certificate)
  t.assert.equal(more.length, 0)
  return certificate
}

function declined(t: TestContext, answer: Answer, status: number, sentence: RegExp): void {
  t.assert.equal(answer.status, status, String(answer.body))
  t.assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8')
  t.assert.match(String(answer.body), sentence)
  t.assert.equal(
    answer.headers['www-authenticate'],
    status === 401 ? 'Basic realm="Enrollment", charset="UTF-8"' : undefined,
  )
  // What asks for a password is left unread by Bouncy Castle's client, which fails if it was to be of some length.
  if (status === 401) t.assert.equal(answer.headers['content-length'], undefined)
}

/** A profile as that of the quickstart, but for what is said. */
async function profileLike(changes: Partial<EnrollmentProfile>): Promise<EnrollmentProfile> {
  const { enrollmentProfiles } = platform.world.store
  const first = await enrollmentProfiles.find(platform.account.enrollment_profile_id)
  const id = newEnrollmentProfileId(new Date())
  const made = { ...(first as EnrollmentProfile), id, name: id, ...changes }
  await enrollmentProfiles.add(made)
  return made
}

test('who knows nobody yet gets the authorities and what a request is to look like, at both hosts', async (t: TestContext) => {
  for (const options of [{ door: 'api' }, NOBODY, {}] as const) {
    const authorities = await platform.ask(at('cacerts'), options)
    t.assert.equal(authorities.status, 200, String(authorities.body))
    t.assert.equal(authorities.headers['content-type'], 'application/pkcs7-mime')
    t.assert.equal(authorities.headers['content-transfer-encoding'], 'base64')
    const [below, root] = [...certificatesIn(String(authorities.body))].sort(
      (a, b) => Number(isSelfSigned(a)) - Number(isSelfSigned(b)),
    )
    t.assert.ok(new X509Certificate(root!.bytes).checkIssued(new X509Certificate(platform.ca)))
    t.assert.ok(new X509Certificate(below!.bytes).verify(new X509Certificate(root!.bytes).publicKey))

    const wishes = await platform.ask(at('csrattrs'), options)
    t.assert.equal(wishes.status, 200, String(wishes.body))
    t.assert.equal(wishes.headers['content-type'], 'application/csrattrs')
    const attributes = CsrAttributes.decode(decodeBase64(String(wishes.body).replaceAll('\n', '')))
    const types = attributes.map((one) => (one.type === 'oid' ? one.value : one.value.type))
    t.assert.deepEqual(
      [...new Set(types)],
      [
        ...[oids.rsaEncryption, oids.ecPublicKey, oids.ed25519, oids.mlDsa44, oids.mlDsa65, oids.mlDsa87],
        ...[oids.sha256WithRSAEncryption, oids.ecdsaWithSHA256],
        oids.certificationRequestInfoTemplate,
      ],
    )
  }
})

const isSelfSigned = ({ bytes }: Certificate): boolean => {
  const { issuer, subject } = new X509Certificate(bytes)
  return issuer === subject
}

test('a profile that is not there, has no EST or is disabled is as nothing', async (t: TestContext) => {
  const profiles = [
    await profileLike({ enrollmentMethods: ['API'] }),
    await profileLike({ status: 'disabled' }),
    { id: newEnrollmentProfileId(new Date()) },
    { id: `IOT_${'x'.repeat(5_000)}` },
  ]
  const csr = await csrOf('nobody')
  for (const { id } of profiles) {
    for (const operation of ['cacerts', 'csrattrs'])
      declined(t, await platform.ask(at(operation, id), { door: 'api' }), 404, /^There is no such enrollment profile/)
    for (const operation of ['simpleenroll', 'serverkeygen'])
      declined(t, await post(at(operation, id), csr), 404, /^There is no such enrollment profile/)
  }
})

test('a request is answered its certificate alone, however its base64 is broken into lines', async (t: TestContext) => {
  const { certificateRequests, certificates } = platform.world.store
  const csr = await csrOf('sensor-1', [], ['sensor-1.example'])
  const lines = csr.replace(/.{1,64}/g, '$&\r\n')
  const spelled = {
    'in one line': csr,
    'in lines': lines,
    'in lines, with tabs and spaces': `  ${lines.replaceAll('\r\n', ' \t\r\n')}`,
    'as PEM': `-----BEGIN CERTIFICATE REQUEST-----\n${lines}-----END CERTIFICATE REQUEST-----\n`,
  }
  for (const [how, body] of Object.entries(spelled)) {
    const certificate = issued(t, await post('simpleenroll', body))
    t.assert.equal(commonName(certificate.subject), 'sensor-1', how)
    t.assert.deepEqual(subjectAlternativeName(certificate), [{ type: 'dNSName', value: 'sensor-1.example' }])
    t.assert.equal(new X509Certificate(certificate.bytes).publicKey.export({ type: 'spki', format: 'pem' }), spki)
    const found = await certificates.findByFingerprint(digest('sha256', certificate.bytes))
    const request = await certificateRequests.findByCertificate(found!.id)
    t.assert.deepEqual(request?.actor, { kind: 'user', id: platform.account.service_user_id })
    t.assert.equal(request?.keyGeneration, 'client')
    const { service_api_key } = platform.account
    const listed = await platform.ask('/iot/api/v1/certificate?enrollment_method=est&limit=1', byKey(service_api_key))
    const { records } = json<{ records: { id: string; enrollment_method: string }[] }>(listed)
    t.assert.deepEqual([records[0]?.id, records[0]?.enrollment_method], [found!.id, 'EST'])
  }
  for (const type of [`${PKCS10}; charset=us-ascii`, 'APPLICATION/PKCS10'])
    issued(t, await post('simpleenroll', csr, { headers: { 'content-type': type } }))
  // RFC 8951: what it says of the encoding counts for nothing.
  issued(t, await post('simpleenroll', csr, { headers: { 'content-transfer-encoding': 'binary' } }))
})

/** The parts of an answer with a key: their headers and what they hold. */
function partsOf(t: TestContext, answer: Answer): readonly { readonly type: string; readonly bytes: Uint8Array }[] {
  t.assert.equal(answer.status, 200, String(answer.body))
  const [, boundary] = /^multipart\/mixed; boundary=(\S+)$/.exec(answer.headers['content-type'] ?? '') ?? []
  const [preamble, ...parts] = String(answer.body).split(`--${boundary}`)
  t.assert.equal(preamble, '')
  t.assert.equal(parts.pop(), '--\r\n')
  return parts.map((part) => {
    const [, type = '', text = ''] =
      /^\r\nContent-Type: (.*)\r\nContent-Transfer-Encoding: base64\r\n\r\n([\s\S]*)\r\n$/.exec(part) ?? []
    return { type, bytes: decodeBase64(text.replaceAll('\n', '')) }
  })
}

test('a key is made here for the names of a request, whose own key and signature count for nothing', async (t: TestContext) => {
  const csr = Buffer.from(await csrOf('sensor-2'), 'base64')
  csr[csr.length - 1] = (csr[csr.length - 1] as number) ^ 1
  const [key, certificates] = partsOf(t, await post('serverkeygen', csr.toString('base64')))
  t.assert.equal(key?.type, 'application/pkcs8')
  t.assert.equal(certificates?.type, 'application/pkcs7-mime; smime-type=certs-only')
  const [certificate, ...more] = decodeSignedData(certificates!.bytes).certificates ?? []
  t.assert.equal(more.length, 0)
  const made = new X509Certificate(certificate!)
  t.assert.equal(made.subject, 'CN=sensor-2')
  t.assert.ok(made.checkPrivateKey(createPrivateKey({ key: Buffer.from(key!.bytes), format: 'der', type: 'pkcs8' })))
  t.assert.notEqual(made.publicKey.export({ type: 'spki', format: 'pem' }), spki)
  // The same is none to certify.
  declined(t, await post('simpleenroll', csr.toString('base64')), 400, /signature is not by its own key/)
})

test('who makes the key is for the profile to say', async (t: TestContext) => {
  const csr = await csrOf('sensor-3')
  const client = await profileLike({ keyGenerationOption: 'client_side' })
  declined(t, await post(at('serverkeygen', client.id), csr), 400, /the device makes its key/)
  issued(t, await post(at('simpleenroll', client.id), csr))
  const server = await profileLike({ keyGenerationOption: 'server_side' })
  declined(t, await post(at('simpleenroll', server.id), csr), 400, /keys are made here/)
  const wishes = await platform.ask(at('csrattrs', server.id), { door: 'api' })
  const attributes = CsrAttributes.decode(decodeBase64(String(wishes.body).replaceAll('\n', '')))
  t.assert.equal(attributes.length, 1, 'the names alone, since its key counts for nothing')
})

test('who is not known is asked for it, and who may not is told so, before anything is read', async (t: TestContext) => {
  for (const operation of ['simpleenroll', 'serverkeygen'])
    for (const options of [{ door: 'api' }, NOBODY] as const)
      declined(t, await post(operation, '!', options), 401, /^Send a /)
  const { users } = platform.world.store
  const user = (await users.find(platform.account.service_user_id))!
  await users.update({ ...user, permissions: ['VIEW_IOT_CERTIFICATE'] })
  t.after(() => users.update(user))
  declined(t, await post('simpleenroll', await csrOf('nobody')), 403, /needs the permission MANAGE_IOT_CERTIFICATE/)
})

/** A passcode of the quickstart's profile, and its text. */
async function passcodeOf(changes: Partial<EnrollmentRight> = {}): Promise<{ right: EnrollmentRight; text: string }> {
  const { text, proof } = newPasscode(platform.world.keys, 20)
  const right: EnrollmentRight = {
    id: uuidV7(new Date()),
    accountId: platform.account.account_id,
    enrollmentProfileId: platform.account.enrollment_profile_id,
    name: 'Line 1',
    description: '',
    proof,
    status: 'active',
    usageLimit: undefined,
    numberOfUsage: 0,
    startsAt: undefined,
    endsAt: undefined,
    registeredValues: [],
    allowedNetworks: [],
    createdAt: new Date(),
    ...changes,
  }
  await platform.world.store.enrollmentRights.add(right)
  return { right, text }
}

const basic = (user: string, password: string): AskOptions['headers'] => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})

test('a passcode is the password of HTTP Basic, whatever the user is called, or a header of its own', async (t: TestContext) => {
  const { right, text } = await passcodeOf()
  const { enrollmentRights, certificates, certificateRequests } = platform.world.store
  const csr = await csrOf('sensor-5')
  const asked: AskOptions[] = [
    { door: 'api', headers: basic('', text) },
    { door: 'api', headers: basic(right.id, text) },
    { door: 'api', headers: { authorization: `bAsIc  ${Buffer.from(`any:${text}`).toString('base64')}` } },
    { door: 'api', headers: { 'x-passcode': text } },
    { ...NOBODY, headers: basic('any', text) },
    // And where there is a certificate, too.
    { headers: basic('any', text) },
  ]
  for (const options of asked) {
    const { bytes } = issued(t, await post('simpleenroll', csr, options))
    const found = await certificates.findByFingerprint(digest('sha256', bytes))
    const request = await certificateRequests.findByCertificate(found!.id)
    t.assert.deepEqual(request?.actor, { kind: 'passcode', id: right.id })
  }
  t.assert.equal(partsOf(t, await post('serverkeygen', csr, { door: 'api', headers: basic('', text) })).length, 2)
  t.assert.equal((await enrollmentRights.find(right.id))?.numberOfUsage, asked.length + 1)
})

test('a passcode that does not count, or not for that, opens nothing', async (t: TestContext) => {
  const csr = await csrOf('sensor-6')
  const { text } = await passcodeOf()
  const wrong: Record<string, AskOptions['headers']> = {
    'another one': basic('', `${text.slice(0, -1)}${text.endsWith('a') ? 'b' : 'a'}`),
    'an empty one': basic('any', ''),
    'one without a user': { authorization: `Basic ${Buffer.from(text).toString('base64')}` },
    'one of another scheme': { authorization: `Bearer ${text}` },
    'no base64': { authorization: `Basic ${text}!` },
    'one that is disabled': basic('', (await passcodeOf({ status: 'disabled' })).text),
    'one from elsewhere': basic('', (await passcodeOf({ allowedNetworks: ['192.0.2.0/24'] })).text),
    'an API key': basic('', platform.account.service_api_key),
    'an empty header': { 'x-passcode': '' },
  }
  for (const [what, headers] of Object.entries(wrong)) {
    // The service user's certificate goes along, and does not help.
    for (const options of [{ door: 'api' }, {}] as const) {
      const answer = await post('simpleenroll', csr, { ...options, headers })
      t.assert.equal(answer.status, 401, what)
      declined(t, answer, 401, /^The passcode is not valid, or no longer\.$/m)
    }
  }
  const both = { ...(basic('', text) as object), 'x-passcode': text }
  declined(t, await post('simpleenroll', csr, { door: 'api', headers: both }), 400, /^Send the passcode once/)
  // Of another profile, as if that were not there.
  const other = await profileLike({})
  const elsewhere = await post(at('simpleenroll', other.id), csr, { door: 'api', headers: basic('', text) })
  declined(t, elsewhere, 404, /^There is no such enrollment profile/)

  const once = await passcodeOf({ usageLimit: 1 })
  const options: AskOptions = { door: 'api', headers: basic('', once.text) }
  const answers = await Promise.all([1, 2, 3].map(() => post('simpleenroll', csr, options)))
  t.assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401])
  t.assert.ok(platform.log.every((line) => !line.includes(text) && !line.includes(once.text)))
})

/** A device that enrolled with a passcode: its certificate and key, for connections of its own. */
async function enrolledDevice(
  t: TestContext,
  commonName: string,
  dnsNames: readonly string[] = [],
  profile = platform.account.enrollment_profile_id,
): Promise<{ cert: string; key: string; agent: false; bytes: Uint8Array }> {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const { text } = await passcodeOf({ enrollmentProfileId: profile })
  const csr = await csrOf(commonName, [], dnsNames, own)
  const { bytes } = issued(t, await post(at('simpleenroll', profile), csr, { door: 'api', headers: basic('', text) }))
  const key = own.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { cert: encodePem('CERTIFICATE', bytes), key, agent: false, bytes }
}

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
  const { id } = await profileLike({ approval: 'manual' })
  const { right, text } = await passcodeOf({ usageLimit: 1, enrollmentProfileId: id })
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

test('what is no request is refused with a sentence, whatever it is', async (t: TestContext) => {
  const csr = await csrOf('sensor-4')
  declined(t, await post('simpleenroll', ''), 400, /^csr: it is no PKCS #10 request/)
  declined(t, await post('simpleenroll', csr.slice(0, -8)), 400, /^csr: it is no PKCS #10 request/)
  declined(
    t,
    await post('simpleenroll', `${csr.slice(0, 40)}é${csr.slice(40)}`),
    400,
    /^csr: it is no PKCS #10 request/,
  )
  declined(t, await post('simpleenroll', 'A'.repeat(128 * 1024)), 413, /too large/)
  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'application/pkcs10x'])
    declined(t, await post('simpleenroll', csr, { headers: { 'content-type': type } }), 415, /application\/pkcs10/)
  declined(t, await post('simpleenroll', Buffer.from(csr, 'base64').toString('latin1')), 400, /^csr: /)
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.nat(), async (noise, place) => {
      const bytes = Buffer.from(csr, 'base64')
      noise.forEach((byte, index) => {
        bytes[(place + index) % bytes.length] = byte
      })
      const operation = place % 2 === 0 ? 'simpleenroll' : 'serverkeygen'
      const { status } = await post(operation, bytes.toString('base64'))
      return status === 400 || (status === 200 && (noise.length === 0 || operation === 'serverkeygen'))
    }),
    { numRuns: 60 },
  )
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

/** What a maker may have put into a device, with the key it was made for. */
async function makersCertificate(
  usage: KeyUsageBit,
): Promise<{ cert: string; key: string; keyIdentifier: Uint8Array }> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const own = await createSigner('ES256', decodePemBlock(key, 'PRIVATE KEY'))
  const subject = name({ CN: 'born here' })
  const identifier = keyIdentifier(own.publicKey)
  const bytes = await signCertificate(
    {
      serialNumber: 1n,
      issuer: subject,
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 86_400_000),
      subject,
      publicKey: own.publicKey,
      extensions: [extensions.keyUsage([usage]), extensions.subjectKeyIdentifier(identifier)],
    },
    own,
  )
  return { cert: encodePem('CERTIFICATE', bytes), key, keyIdentifier: identifier }
}

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
