/** Enrollment over Secure Transport, by those who may and by those who may not. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { after, before, type TestContext, test } from 'node:test'
import { decodeBase64 } from '@countersign/codec'
import { type Certificate, CsrAttributes, commonName, digest, oids, subjectAlternativeName } from '@countersign/pki'
import fc from 'fast-check'
import { decodeSignedData } from '../../../pki/src/cms/signed-data.ts'
import { newEnrollmentProfileId } from '../../src/domain/enrollment-profile.ts'
import { byKey } from './operations.ts'
import {
  basic,
  certificatesIn,
  createEst,
  csrOf,
  declined,
  type Est,
  issued,
  NOBODY,
  PKCS10,
  partsOf,
  spki,
} from './test-est.ts'
import { type Answer, type AskOptions, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

let platform: TestPlatform
let { at, post, profileLike, passcodeOf } = {} as Est
before(async () => {
  platform = await startTestPlatform({ COUNTERSIGN_FAILURE_RATE: '0', COUNTERSIGN_REQUEST_RATE: '0' })
  ;({ at, post, profileLike, passcodeOf } = createEst(platform))
})
after(() => platform.stop())

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

test('an address without a profile says what is missing in it, at both hosts and to everybody', async (t: TestContext) => {
  const csr = await csrOf('nobody')
  for (const door of ['api', 'clientauth'] as const) {
    const host = door === 'api' ? 'countersign.localhost' : 'clientauth.countersign.localhost'
    const told = (operation: string): RegExp =>
      new RegExp(`at https://${host}:\\d+/.well-known/est/<enrollment profile id>/${operation}\\.$`, 'm')
    const options = { door, agent: false, cert: undefined, key: undefined } as const
    for (const operation of ['cacerts', 'csrattrs'])
      declined(t, await platform.ask(`/.well-known/est/${operation}`, options), 404, told(operation))
    for (const operation of ['simpleenroll', 'simplereenroll', 'serverkeygen'])
      declined(t, await post(`/.well-known/est/${operation}`, csr, options), 404, told(operation))
    for (const rest of ['', '/', '/IOT_x', '/%0A'])
      declined(t, await platform.ask(`/.well-known/est${rest}`, options), 404, told('<operation>'))
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

test('who guesses passcodes is held up, and who has one, or was only asked for it, is not', async (t: TestContext) => {
  const limited = await startTestPlatform({ COUNTERSIGN_FAILURE_RATE: '2' })
  t.after(() => limited.stop())
  const by = createEst(limited)
  const { text } = await by.passcodeOf()
  const csr = await csrOf('sensor-16')
  const ask = (password?: string): Promise<Answer> =>
    by.post('simpleenroll', csr, { door: 'api', ...(password !== undefined && { headers: basic('', password) }) })
  for (let times = 0; times < 4; times++) declined(t, await ask(), 401, /^Send a passcode/)
  for (let times = 0; times < 2; times++) declined(t, await ask('0'.repeat(20)), 401, /^The passcode is not valid/)
  const guess = await ask('0'.repeat(20))
  declined(t, guess, 429, /^There were too many requests from your address/)
  t.assert.ok(Number(guess.headers['retry-after']) > 0)
  issued(t, await ask(text))
})
